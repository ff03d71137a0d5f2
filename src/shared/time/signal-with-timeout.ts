import { anySignal } from './any-signal.ts';

/** Largest delay of a timer, 24.8 days, milliseconds. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Returns a signal that aborts with `signal`, or with a `TimeoutError` after `timeoutMs`, at most {@link MAX_TIMEOUT_MS}. The timer
 * keeps no process alive.
 */
export function signalWithTimeout(signal: AbortSignal, timeoutMs: number): AbortSignal {
  return anySignal([signal, AbortSignal.timeout(Math.ceil(Math.min(Math.max(0, timeoutMs), MAX_TIMEOUT_MS)))]);
}
