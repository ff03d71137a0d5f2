/**
 * Calls `callback` after `delayMs`, once all input that had arrived by then has been read. A plain timer would blame the other
 * end for a delay of this process: after a pause, timers fire before sockets are read.
 *
 * @returns a function that cancels it
 */
export function setTimeoutAfterIo(delayMs: number, callback: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  // The event loop runs timers, then sockets, then immediates.
  const timer = setTimeout(() => {
    immediate = setImmediate(callback);
  }, delayMs);
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
