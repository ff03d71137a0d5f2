/**
 * Calls `then` after `wait` milliseconds, and not before what had arrived by that time is read. A process that stood
 * still finds its timers due first and what came meanwhile second: it would hold its own delay against the other end.
 * What is returned calls it off.
 */
export function setTimeoutAfterIo(wait: number, then: () => void): () => void {
  let turn: NodeJS.Immediate | undefined;
  // The event loop looks at timers, then at sockets, then at immediates.
  const timer = setTimeout(() => {
    turn = setImmediate(then);
  }, wait);
  return () => {
    clearTimeout(timer);
    clearImmediate(turn);
  };
}
