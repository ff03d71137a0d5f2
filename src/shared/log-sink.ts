import type { Writable } from 'node:stream';
import type { RotatingFile } from './rotating-file.ts';

/** A destination of log lines. One that fails gets no more of them; the others go on. */
export type LogDestination<T> = { render: (entry: T) => string } & (
  | { stream: Writable }
  | {
      file: RotatingFile;
      /** Called once, when the file cannot be written. */
      onFailure: (cause: unknown) => void;
    }
);

/** Writes every entry to every destination, in order. */
export interface LogSink<T> {
  /** Resolves when there is room for more, so that a slow reader slows the writer down instead of filling the memory. */
  write(entries: readonly T[]): Promise<void>;
  /** Closes the files. Resolves when every entry is written. */
  close(): Promise<void>;
}

/** Entries that are rendered and written at once: one write for each would cost more than all the rest. */
const MAX_CHUNK_ENTRIES = 1_000;

/** Opens a log with one or more destinations. */
export function openLogSink<T>(destinations: readonly LogDestination<T>[]): LogSink<T> {
  const writers = destinations.map((destination): LineWriter => {
    return 'stream' in destination ? new StreamWriter(destination.stream) : new FileWriter(destination);
  });
  const writeChunk = (entries: readonly T[]) =>
    Promise.all(
      destinations.map(({ render }, index) => {
        const lines = entries.map((entry) => `${render(entry)}\n`).join('');
        return (writers[index] as LineWriter).write(lines);
      }),
    );
  const writeInChunks = async (entries: readonly T[]) => {
    for (let start = 0; start < entries.length; start += MAX_CHUNK_ENTRIES)
      await writeChunk(entries.slice(start, start + MAX_CHUNK_ENTRIES));
  };
  let writing = Promise.resolve();
  return {
    write(entries) {
      writing = writing.then(() => writeInChunks(entries));
      return writing;
    },
    async close() {
      await writing;
      await Promise.all(writers.map((writer) => writer.close()));
    },
  };
}

/** Neither method rejects. */
interface LineWriter {
  /** Resolves when there is room for more. Not called again before that. */
  write(lines: string): Promise<void>;
  close(): Promise<void>;
}

class StreamWriter implements LineWriter {
  readonly #stream: Writable;
  /** True once the reader has gone (`devnet logs | head`). */
  #broken = false;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.once('error', () => {
      this.#broken = true;
    });
  }

  async write(lines: string): Promise<void> {
    if (this.#broken || this.#stream.destroyed || this.#stream.write(lines)) return;
    await new Promise<void>((resolve) => {
      const resume = () => {
        this.#stream.off('drain', resume).off('close', resume).off('error', resume);
        resolve();
      };
      this.#stream.on('drain', resume).on('close', resume).on('error', resume);
    });
  }

  async close(): Promise<void> {}
}

class FileWriter implements LineWriter {
  #file: RotatingFile | undefined;
  readonly #onFailure: (cause: unknown) => void;

  constructor({ file, onFailure }: { file: RotatingFile; onFailure: (cause: unknown) => void }) {
    this.#file = file;
    this.#onFailure = onFailure;
  }

  write(lines: string): Promise<void> {
    return this.#attempt((file) => file.append(lines));
  }

  close(): Promise<void> {
    return this.#attempt((file) => file.close());
  }

  async #attempt(action: (file: RotatingFile) => Promise<void>): Promise<void> {
    if (!this.#file) return;
    try {
      await action(this.#file);
    } catch (cause) {
      this.#file = undefined;
      this.#onFailure(cause);
    }
  }
}
