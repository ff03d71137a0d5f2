/** Largest delay of a timer, 24.8 days, milliseconds. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Returns a signal that aborts with `signal`, or with a `TimeoutError` after `timeoutMs`, at most {@link MAX_TIMEOUT_MS}. The timer
 * keeps no process alive. `AbortSignal.any` of an `AbortSignal.timeout` would do, if Node 20 did not lose the timeout to the garbage
 * collector.
 */
export function signalWithTimeout(signal: AbortSignal, timeoutMs: number): AbortSignal {
  const timeout = new AbortController();
  const expire = () => timeout.abort(new DOMException(`not done after ${timeoutMs} ms`, 'TimeoutError'));
  setTimeout(expire, Math.min(Math.max(0, timeoutMs), MAX_TIMEOUT_MS)).unref();
  return AbortSignal.any([signal, timeout.signal]);
}
