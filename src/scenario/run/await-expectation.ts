import type { Expectation } from '../model/scenario.ts';
import type { Clock } from '../model/scenario-driver.ts';
import { type CheckContext, type ExpectationCheck, startCheck } from './expectation-checks.ts';
import { isNodeUnreachable } from './unreachable.ts';

/** Time between two looks, milliseconds. */
const POLL_INTERVAL_MS = 200;
/** How long a line of the log may take from where it was written, milliseconds. */
const MAX_LOG_DELAY_MS = 1_000;

/** What an expectation came to, and what was seen last. */
export interface ExpectationVerdict {
  met: boolean;
  seen: string;
}

/**
 * Looks at an expectation until it is met or missed. Judged by the log, it is known only when the last line can be here.
 * @throws DevnetError when it cannot be looked at; the signal's reason when that aborts
 */
export async function awaitExpectation(
  expectation: Expectation,
  scene: CheckContext,
  clock: Clock,
  signal: AbortSignal,
): Promise<ExpectationVerdict> {
  let check: ExpectationCheck;
  try {
    check = await startCheck(expectation, scene);
  } catch (cause) {
    if (!isNodeUnreachable(cause)) throw cause;
    return { met: false, seen: cause.message };
  }
  try {
    const deadline = scene.startedAt + expectation.within + (check.usesLog ? MAX_LOG_DELAY_MS : 0);
    for (;;) {
      const now = clock.now();
      const standing = await check.poll();
      if (standing.state !== 'open') return { met: standing.state === 'met', seen: standing.seen };
      if (now >= deadline) return { met: standing.atDeadline === 'met', seen: standing.seen };
      await clock.sleep(Math.min(POLL_INTERVAL_MS, deadline - now), signal);
    }
  } finally {
    check.stop();
  }
}
