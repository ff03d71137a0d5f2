import { describeError } from '../../../shared/errors.ts';
import { raceSignal } from '../../../shared/time/race-signal.ts';
import { warn } from '../format.ts';

/** A disk or an engine that hangs must not keep a network from its removal. */
const END_TIMEOUT_MS = 10_000;

/** Ends what is written while a network runs, but does not wait for ever. Where it fails, that is said on standard error. */
export async function endInTime(what: string, end: () => Promise<void>, timeoutMs = END_TIMEOUT_MS): Promise<void> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    await raceSignal(end(), timeout);
  } catch (cause) {
    const why = cause === timeout.reason ? `it did not end within ${timeoutMs / 1_000} s` : describeError(cause);
    warn(`${what} may lack its end: ${why}`);
  }
}
