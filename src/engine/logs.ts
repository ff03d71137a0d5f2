import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from './connection/engine.ts';
import { httpStatusOf, toEngineError } from './connection/engine-error.ts';
import { engineOf } from './connection/engine-hosts.ts';
import { ByteQueue } from './streams/byte-queue.ts';
import { type ContainerLogLine, LogDemuxer } from './streams/log-demuxer.ts';
import { openResponseStream, type ResponseStream } from './streams/response-stream.ts';

export interface ContainerLogOptions {
  /** Continue with new lines, until the container ends or `signal` aborts. */
  follow: boolean;
  /** Omit lines before this time: seconds since the epoch, with nine digits after the point. @default none omitted */
  since?: string;
  /** Omit all but the last lines of what is there. @default none omitted */
  tail?: number;
  /** Bytes that are read while the reader of the lines is busy. @default 256 KiB */
  readAheadBytes?: number;
  signal?: AbortSignal;
}

/** Lines that arrived together. */
export interface ContainerLogBatch {
  lines: ContainerLogLine[];
  /** Time of their arrival, by `performance.now`. */
  arrivedAtMs: number;
}

/** A container's log as the engine sends it. */
export interface ContainerLogStream {
  /** The engine's time when it opened the log, to a second: milliseconds since the epoch; undefined if it does not say. */
  engineTimeMs: number | undefined;
  /** Yields lines in batches as they arrive, with backpressure: the engine waits while the reader is busy. */
  batches: AsyncGenerator<ContainerLogBatch>;
  /** Time of the last arrival, by `performance.now`, once all that has arrived was taken; undefined before. */
  readonly silentSinceMs: number | undefined;
  /** Ends the batches. */
  close(): void;
}

const DEFAULT_READ_AHEAD_BYTES = 256 * 1024;
/** Bytes that become one batch of lines. */
const BATCH_BYTES = 16 * 1024;
/** After fewer bytes than this at once, more are awaited. A socket of the engine holds about three times as many, in lines. */
const MANY_BYTES = 16 * 1024;
/** Time for which they are awaited. */
const PACE_MS = 2;

/**
 * Opens a container's log. Its batches end without an error when the container is gone or the signal aborts.
 * @returns undefined when the container is gone or the signal aborts
 * @throws DevnetError `engine_gone`, `engine_failed`, also from the batches
 */
export async function openContainerLog(
  engine: Engine,
  id: string,
  { follow, since, tail, readAheadBytes = DEFAULT_READ_AHEAD_BYTES, signal }: ContainerLogOptions,
): Promise<ContainerLogStream | undefined> {
  if (signal?.aborted) return undefined;
  const query = new URLSearchParams({ stdout: 'true', stderr: 'true', timestamps: 'true', follow: String(follow) });
  if (since !== undefined) query.set('since', since);
  if (tail !== undefined) query.set('tail', String(tail));
  let isClosed = false;
  const onFailure = (cause: unknown): undefined => {
    if (isClosed || signal?.aborted || httpStatusOf(cause) === 404 || httpStatusOf(cause) === 409) return;
    throw toEngineError(cause, `read the log of the container ${id.slice(0, 12)}`);
  };
  try {
    const response = await openResponseStream(engineOf(engine, id), `/containers/${id}/logs?${query}`, signal);
    const close = () => {
      isClosed = true;
      response.close();
    };
    const reader = new ReadAhead(response, readAheadBytes);
    return {
      engineTimeMs: response.engineTimeMs,
      batches: readLines(reader, onFailure),
      get silentSinceMs() {
        return reader.silentSinceMs;
      },
      close,
    };
  } catch (cause) {
    return onFailure(cause);
  }
}

/**
 * Yields a container's lines in batches, as {@link openContainerLog}.
 * @throws DevnetError `engine_gone`, `engine_failed`
 */
export async function* readContainerLogs(
  engine: Engine,
  id: string,
  options: ContainerLogOptions,
): AsyncGenerator<ContainerLogLine[]> {
  const log = await openContainerLog(engine, id, options);
  if (!log) return;
  try {
    for await (const { lines } of log.batches) yield lines;
  } finally {
    log.close();
  }
}

async function* readLines(reader: ReadAhead, onFailure: (cause: unknown) => void): AsyncGenerator<ContainerLogBatch> {
  const demuxer = new LogDemuxer();
  try {
    for (let bytes = await reader.take(); bytes !== undefined; bytes = await reader.take()) {
      const lines = demuxer.push(bytes);
      if (lines.length > 0) yield { lines, arrivedAtMs: reader.lastReadAtMs };
    }
    const lines = demuxer.end();
    if (lines.length > 0) yield { lines, arrivedAtMs: performance.now() };
  } catch (cause) {
    onFailure(cause);
  } finally {
    reader.close();
  }
}

/** Reads a response while what was read before is used, up to a number of bytes. */
class ReadAhead {
  /** Time of the last read, by `performance.now`. */
  lastReadAtMs = performance.now();
  readonly #response: ResponseStream;
  readonly #maxBytes: number;
  readonly #queue = new ByteQueue();
  #state: { isOpen: true } | { isOpen: false; failure?: unknown } = { isOpen: true };
  #wake: () => void = () => {};
  #isReading = false;

  constructor(response: ResponseStream, maxBytes: number) {
    this.#response = response;
    this.#maxBytes = maxBytes;
  }

  /** See {@link ContainerLogStream.silentSinceMs}. */
  get silentSinceMs(): number | undefined {
    return this.#queue.length === 0 ? this.lastReadAtMs : undefined;
  }

  close(): void {
    this.#response.close();
  }

  /** Waits for bytes and takes them; undefined at the end. They are valid until the next call. @throws the socket's error */
  async take(): Promise<Buffer | undefined> {
    for (;;) {
      const bytes = this.#queue.take(BATCH_BYTES);
      if (!this.#isReading) void this.#read();
      if (bytes !== undefined) return bytes;
      if (!this.#state.isOpen) {
        if (this.#state.failure !== undefined) throw this.#state.failure;
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    let length = 0;
    const append = (bytes: Buffer) => {
      length = bytes.length;
      this.#queue.append(bytes);
    };
    try {
      while (this.#state.isOpen && this.#queue.length < this.#maxBytes) {
        if (!(await this.#response.read(append))) this.#state = { isOpen: false };
        this.lastReadAtMs = performance.now();
        this.#wake();
        // An engine writes line by line: reading each as it comes costs both ends more than the line itself.
        if (length < MANY_BYTES) await sleep(PACE_MS);
      }
    } catch (failure) {
      this.#state = { isOpen: false, failure };
      this.#wake();
    }
    this.#isReading = false;
  }
}

/**
 * Returns the engine's time of the last line of a container's log; undefined when there is none since `since`, or no container.
 * @throws DevnetError `engine_missing`, `engine_gone`, `engine_failed`
 */
export async function readLastLineTime(
  engine: Engine,
  id: string,
  { since, signal }: Pick<ContainerLogOptions, 'since' | 'signal'> = {},
): Promise<string | undefined> {
  let time: string | undefined;
  const options = { follow: false, tail: 1, ...(since === undefined ? {} : { since }), ...(signal ? { signal } : {}) };
  for await (const lines of readContainerLogs(engine, id, options)) time = lines.at(-1)?.time;
  return time;
}
