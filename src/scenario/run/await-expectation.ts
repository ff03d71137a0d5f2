import { DevnetError, describeError } from '../../shared/errors.ts';
import type { Expectation } from '../model/scenario.ts';
import type { Clock } from './clock.ts';
import { type CheckContext, type ExpectationCheck, startCheck } from './expectation-checks.ts';

const POLL_INTERVAL_MS = 200;
/** Time that a log entry takes from the node to where its log is kept, unless the machine is very busy. */
const LOG_DELAY_MS = 1_000;

export interface ExpectationVerdict {
  met: boolean;
  /** The last state that was seen. */
  seen: string;
}

/**
 * Checks an expectation until it is met or missed. One that depends on the log, and is undecided at the end of its time, is decided
 * by reading the log once more: a busy machine may be late in following it.
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
    const deadline = context.startedAt + expectation.within + (check.readAgain ? LOG_DELAY_MS : 0);
    /** What is to be said of the last reading of the log; undefined before it. */
    let note: string | undefined;
    for (;;) {
      const now = clock.now();
      const current = await check.poll();
      if (current.state !== 'pending') return { met: current.state === 'met', seen: current.seen };
      if (now < deadline) {
        await clock.sleep(Math.min(POLL_INTERVAL_MS, deadline - now), signal);
      } else if (check.readAgain && note === undefined) {
        note = await readLast(check.readAgain(signal), signal);
      } else return { met: current.atDeadline === 'met', seen: `${current.seen}${note ?? ''}` };
    }
  } finally {
    check.stop();
  }
}

/** Waits for a reading of the log, which fails where a host of the network was lost: then what was followed decides. */
async function readLast(reading: Promise<void>, signal: AbortSignal): Promise<string> {
  try {
    await reading;
    return '';
  } catch (cause) {
    signal.throwIfAborted();
    return `; the log could not be read once more: ${describeError(cause)}`;
  }
}

/** Returns true if a node could not be reached, which in a scenario with faults is no failure of the run. */
export function isNodeUnreachable(cause: unknown): cause is DevnetError {
  return cause instanceof DevnetError && cause.code === 'node_unreachable';
}
