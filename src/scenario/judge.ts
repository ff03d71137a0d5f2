import type { Clock } from './actions.ts';
import { beginCheck, type Check, type Scene } from './check.ts';
import type { Expectation } from './expectation.ts';
import { isUnreachable } from './unreachable.ts';

/** Time between two looks, milliseconds. */
const LOOK = 200;
/** How long a line of the log may take from where it was written, milliseconds. */
const LATE = 1_000;

/** What an expectation came to, and what was seen last. */
export interface Judgement {
  met: boolean;
  seen: string;
}

/**
 * Looks at an expectation until it is met or missed. Judged by the log, it is known only when the last line can be here.
 * @throws DevnetError when it cannot be looked at; the signal's reason when that aborts
 */
export async function judge(
  expectation: Expectation,
  scene: Scene,
  clock: Clock,
  signal: AbortSignal,
): Promise<Judgement> {
  let check: Check;
  try {
    check = await beginCheck(expectation, scene);
  } catch (cause) {
    if (!isUnreachable(cause)) throw cause;
    return { met: false, seen: cause.message };
  }
  try {
    const deadline = scene.began + expectation.within + (check.byLog ? LATE : 0);
    for (;;) {
      const now = clock.now();
      const standing = await check.look();
      if (standing.state !== 'open') return { met: standing.state === 'met', seen: standing.seen };
      if (now >= deadline) return { met: standing.inTheEnd === 'met', seen: standing.seen };
      await clock.sleep(Math.min(LOOK, deadline - now), signal);
    }
  } finally {
    check.end();
  }
}
