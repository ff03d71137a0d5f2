import type { Writable } from 'node:stream';

/** Bytes of log that may wait for a reader. */
const MAX_BUFFERED_BYTES = 1_048_576;
/** Characters after which a piece is long enough. */
const MAX_CHUNK_CHARS = 65_536;

/** Where log lines go. */
export interface LogWriter {
  write(line: string): void;
  /** Resolves when everything has been written, or after `timeout` milliseconds. */
  flush(timeout: number): Promise<void>;
}

/**
 * Writes lines to a stream without ever waiting for it: when its reader is stuck, lines are counted instead of kept,
 * and the count is written once the reader is back (`lost` makes that line). A closed stream takes lines silently, as
 * a node without a reader still has peers to serve.
 *
 * What one turn of the event loop says goes out at its end, in one piece or a few: each write wakes the engine that reads it, which
 * for a hundred nodes on two cores costs more than what the lines tell of.
 */
export function createLogWriter(stream: Writable, lost: (lines: number) => string): LogWriter {
  let held = '';
  let missing = 0;
  const tellMissing = () => {
    if (missing === 0) return;
    const lines = missing;
    missing = 0;
    stream.write(lost(lines));
  };
  const pour = () => {
    if (held === '') return;
    const lines = held;
    held = '';
    if (stream.destroyed) return;
    stream.write(lines);
    // A stream that took all of it at once has nothing to drain, and says so never.
    if (!stream.writableNeedDrain) tellMissing();
  };
  stream.on('error', () => {});
  stream.on('drain', tellMissing);
  return {
    write(line) {
      if (stream.destroyed) return;
      if (stream.writableLength + held.length > MAX_BUFFERED_BYTES) {
        missing++;
        return;
      }
      if (held === '') setImmediate(pour);
      held += line;
      if (held.length > MAX_CHUNK_CHARS) pour();
    },
    flush(timeout) {
      pour();
      if (stream.destroyed || stream.writableLength === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, timeout);
        stream.write('', () => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}
