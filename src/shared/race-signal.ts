/** Settles as `work` does, or rejects with the signal's reason as soon as that aborts. */
export async function raceSignal<T>(work: Promise<T> | T, signal: AbortSignal): Promise<T> {
  // It goes on by itself where nobody waits for it any longer, and how it ends then is nobody's concern.
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
