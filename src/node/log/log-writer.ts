import type { Writable } from 'node:stream';

/** Most characters that wait for a reader. */
const MAX_BUFFERED_CHARS = 1_048_576;
/** Characters that are written at once, without waiting for the end of the event loop's turn. */
const MAX_CHUNK_CHARS = 65_536;

/** Destination of log lines. */
export interface LogWriter {
  write(line: string): void;
  /** Resolves when everything has been written, or after `timeoutMs`. */
  flush(timeoutMs: number): Promise<void>;
}

/**
 * Returns a writer that never waits for its stream. While the stream's reader is stuck, lines are counted and dropped;
 * when it reads again, `formatLost` makes a line of the count. A closed stream discards lines silently, as a node
 * without a log reader still has peers to serve.
 *
 * The lines of one turn of the event loop are written at its end: each write wakes the engine that reads the log, which
 * for a hundred nodes on two cores costs more than what the lines are about.
 */
export function createLogWriter(stream: Writable, formatLost: (lines: number) => string): LogWriter {
  let pending = '';
  let lostLines = 0;
  const reportLost = () => {
    if (lostLines === 0) return;
    const lines = lostLines;
    lostLines = 0;
    stream.write(formatLost(lines));
  };
  const writePending = () => {
    const lines = pending;
    pending = '';
    if (lines === '' || stream.destroyed) return;
    stream.write(lines);
    // A stream that took everything emits no 'drain'.
    if (!stream.writableNeedDrain) reportLost();
  };
  stream.on('error', () => {});
  stream.on('drain', reportLost);
  return {
    write(line) {
      if (stream.destroyed) return;
      if (stream.writableLength + pending.length > MAX_BUFFERED_CHARS) {
        lostLines++;
        return;
      }
      if (pending === '') setImmediate(writePending);
      pending += line;
      if (pending.length > MAX_CHUNK_CHARS) writePending();
    },
    async flush(timeoutMs) {
      writePending();
      if (stream.destroyed || stream.writableLength === 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        stream.write('', () => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}
