import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import winston from 'winston';
import Transport from 'winston-transport';

/** A log record: a level, and anything that the caller's own `render` reads. */
export interface LogRecord {
  level: 'error' | 'warn' | 'info' | 'debug';
}

/** A destination of log lines. */
export type LogDestination<T> = { render: (entry: T) => string } & (
  | { stream: Writable }
  /** A file to append to, rotated when it is full: `log.jsonl`, `log1.jsonl`, … */
  | { file: string }
);

/** Writes every entry to every destination, in order. */
export interface LogSink<T extends LogRecord> {
  /** Resolves when there is room for more, so that a slow reader slows the writer down instead of filling the memory. */
  write(entries: readonly T[]): Promise<void>;
  /** Resolves when all entries have left this process. */
  close(): Promise<void>;
}

const WINSTON_LEVELS = { error: 0, warn: 1, info: 2, debug: 3 };
/** Size of a log file before it is rotated. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Rotated files that are kept. */
const MAX_FILES = 4;

/** Opens a log with one or more destinations. */
export function openLogSink<T extends LogRecord>(destinations: readonly LogDestination<T>[]): LogSink<T> {
  const transports = destinations.map((destination): Transport => {
    const format = winston.format.printf((info) => destination.render(info.entry as T));
    if ('stream' in destination) return new StreamTransport(destination.stream, format);
    mkdirSync(dirname(destination.file), { recursive: true });
    return new winston.transports.File({
      filename: destination.file,
      format,
      maxsize: MAX_FILE_BYTES,
      maxFiles: MAX_FILES,
      tailable: true,
    });
  });
  const logger = winston.createLogger({ levels: WINSTON_LEVELS, level: 'debug', transports });
  let failure: Error | undefined;
  logger.on('error', (error: Error) => {
    failure ??= error;
  });
  return {
    async write(entries) {
      for (const entry of entries) {
        if (failure) throw failure;
        if (!logger.write({ level: entry.level, message: '', entry })) await once(logger, 'drain');
      }
    },
    async close() {
      const finished = Promise.all(transports.map((transport) => once(transport, 'finish')));
      logger.end();
      await finished;
      if (failure) throw failure;
    },
  };
}

const WINSTON_MESSAGE = Symbol.for('message');

/** Waits for a full stream to drain, which winston's own stream transport does not. */
class StreamTransport extends Transport {
  readonly #stream: Writable;
  /** True once the reader has gone (`devnet logs | head`): further lines are dropped. */
  #broken = false;

  constructor(stream: Writable, format: winston.Logform.Format) {
    super({ format });
    this.#stream = stream;
    stream.once('error', () => {
      this.#broken = true;
    });
  }

  override log(info: Record<symbol, string>, next: () => void): void {
    if (this.#broken || this.#stream.destroyed || this.#stream.write(`${info[WINSTON_MESSAGE]}\n`)) {
      next();
      return;
    }
    const resume = () => {
      this.#stream.off('drain', resume).off('close', resume).off('error', resume);
      next();
    };
    this.#stream.on('drain', resume).on('close', resume).on('error', resume);
  }
}
