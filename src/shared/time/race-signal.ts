/** Settles like `work`, or rejects with the signal's reason as soon as it aborts. */
export async function raceSignal<T>(work: Promise<T> | T, signal: AbortSignal): Promise<T> {
  // After an abort nobody awaits `work`: a rejection must not count as unhandled.
  Promise.resolve(work).catch(() => {});
  signal.throwIfAborted();
  let abort: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
