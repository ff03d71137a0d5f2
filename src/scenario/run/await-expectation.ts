import { DevnetError } from '../../shared/errors.ts';
import type { Expectation } from '../model/scenario.ts';
import type { Clock } from './clock.ts';
import { type CheckContext, type ExpectationCheck, startCheck } from './expectation-checks.ts';

const POLL_INTERVAL_MS = 200;
/** Time that a log entry takes at most from the node to here. */
const MAX_LOG_DELAY_MS = 1_000;

export interface ExpectationVerdict {
  met: boolean;
  /** The last state that was seen. */
  seen: string;
}

/**
 * Checks an expectation until it is met or missed. One that depends on the log is decided only when its last entry can have
 * arrived.
 * @throws DevnetError when it cannot be checked; the signal's reason when that aborts
 */
export async function awaitExpectation(
  expectation: Expectation,
  context: CheckContext,
  clock: Clock,
  signal: AbortSignal,
): Promise<ExpectationVerdict> {
  let check: ExpectationCheck;
  try {
    check = await startCheck(expectation, context);
  } catch (cause) {
    if (!isNodeUnreachable(cause)) throw cause;
    return { met: false, seen: cause.message };
  }
  try {
    const deadline = context.startedAt + expectation.within + (check.usesLog ? MAX_LOG_DELAY_MS : 0);
    for (;;) {
      const now = clock.now();
      const current = await check.poll();
      if (current.state !== 'pending') return { met: current.state === 'met', seen: current.seen };
      if (now >= deadline) return { met: current.atDeadline === 'met', seen: current.seen };
      await clock.sleep(Math.min(POLL_INTERVAL_MS, deadline - now), signal);
    }
  } finally {
    check.stop();
  }
}

/** Returns true if a node could not be reached, which in a scenario with faults is no failure of the run. */
export function isNodeUnreachable(cause: unknown): cause is DevnetError {
  return cause instanceof DevnetError && cause.code === 'node_unreachable';
}
