/** Keeps the signals that a signal depends on for as long as it is used. */
const sources = new WeakMap<AbortSignal, readonly AbortSignal[]>();

/**
 * Returns a signal that aborts with the first of others, as `AbortSignal.any` does, and keeps those: Node 20 loses an
 * `AbortSignal.timeout` that nothing else refers to, such as one in the options of a call, to the garbage collector.
 */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  const signal = AbortSignal.any([...signals]);
  sources.set(signal, signals);
  return signal;
}
