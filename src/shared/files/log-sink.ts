import type { Writable } from 'node:stream';
import winston from 'winston';
import Transport from 'winston-transport';
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
  const transports = destinations.map((destination) => new ChunkTransport(destination));
  // winston's default format would write every entry as JSON once more.
  const logger = winston.createLogger({ format: winston.format((info) => info)(), transports });
  const writeChunk = (entries: readonly T[]) =>
    new Promise<void>((resolve) => {
      let left = transports.length;
      const onWritten = () => {
        if (--left === 0) resolve();
      };
      logger.write({ level: 'info', message: '', entries, onWritten } satisfies Chunk<T>);
    });
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
      logger.end();
      await Promise.all(transports.map((transport) => transport.closeWriter()));
    },
  };
}

/** Entries that are passed on at once: winston takes as long for one record as the rest takes for a hundred entries. */
interface Chunk<T> {
  level: string;
  message: string;
  entries: readonly T[];
  /** To be called by each transport. */
  onWritten: () => void;
}

/** Writes chunks to a destination, and takes the next one when there is room, which winston's own transports do not wait for. */
class ChunkTransport<T> extends Transport {
  readonly #render: (entry: T) => string;
  readonly #writer: LineWriter;

  constructor(destination: LogDestination<T>) {
    super();
    this.#render = destination.render;
    this.#writer = 'stream' in destination ? new StreamWriter(destination.stream) : new FileWriter(destination);
  }

  override log({ entries, onWritten }: Chunk<T>, next: () => void): void {
    const lines = entries.map((entry) => `${this.#render(entry)}\n`).join('');
    this.#writer.write(lines).then(() => {
      onWritten();
      next();
    });
  }

  closeWriter(): Promise<void> {
    return this.#writer.close();
  }
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
