/** Writes one line of the log. */
export type LogFunction = (level: 'info' | 'warn' | 'error', event: string, fields?: Record<string, unknown>) => void;

/** A log of JSON lines, in the shape of the nodes' own so that it merges with theirs. */
export function createJsonLog(write: (line: string) => void): LogFunction {
  let last = 0;
  return (level, event, fields) => {
    // Microseconds, each later than the one before: lines sorted by time stay in order.
    last = Math.max(last + 1, Date.now() * 1_000);
    const micros = String(last % 1_000).padStart(3, '0');
    const time = `${new Date(Math.floor(last / 1_000)).toISOString().slice(0, -1)}${micros}Z`;
    write(`${JSON.stringify({ time, level, event, node: 'devnet', ...fields })}\n`);
  };
}
