import { createMonotonicTimestamp } from '../../../shared/time/monotonic-timestamp.ts';

/** Writes one line of the log. */
export type LogFunction = (level: 'info' | 'warn' | 'error', event: string, fields?: Record<string, unknown>) => void;

/** Returns a log of JSON lines in the format of the nodes' logs, so that it can be merged with them. */
export function createJsonLog(write: (line: string) => void): LogFunction {
  const time = createMonotonicTimestamp();
  return (level, event, fields) =>
    write(`${JSON.stringify({ time: time(), level, event, node: 'devnet', ...fields })}\n`);
}

/** A state could not be applied: what happened and, in `hint`, what to do about it. */
export class NetemError extends Error {
  override readonly name = 'NetemError';
  readonly hint: string | undefined;

  constructor(message: string, details: { hint?: string; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.hint = details.hint;
  }
}
