import { createMonotonicTimestamp } from '../../../shared/monotonic-timestamp.ts';

/** Writes one line of the log. */
export type LogFunction = (level: 'info' | 'warn' | 'error', event: string, fields?: Record<string, unknown>) => void;

/** Returns a log of JSON lines in the format of the nodes' logs, so that it can be merged with them. */
export function createJsonLog(write: (line: string) => void): LogFunction {
  const time = createMonotonicTimestamp();
  return (level, event, fields) =>
    write(`${JSON.stringify({ time: time(), level, event, node: 'devnet', ...fields })}\n`);
}
