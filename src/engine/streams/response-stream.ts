import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import type { Engine } from '../connection/engine.ts';
import { ChunkedBody } from './chunked-body.ts';

/** Reply of the engine whose body is read as it comes. */
export interface ResponseStream {
  /** The engine's time when it began to reply, to a second: milliseconds since the epoch; undefined if it does not say. */
  engineTimeMs: number | undefined;
  /**
   * Waits for bytes, and calls `onBytes` with all that are there, which are valid during the call only. Nothing is read between
   * calls: the engine waits.
   * @returns false at the end of the body
   * @throws the socket's error
   */
  read(onBytes: (bytes: Buffer) => void): Promise<boolean>;
  /** Ends the request. */
  close(): void;
}

/** Longest head of a reply. */
const MAX_HEAD_BYTES = 64 * 1024;
const END_OF_HEAD = '\r\n\r\n';

/**
 * Sends a GET request in HTTP 1.0, whose reply comes as it is. In HTTP 1.1 an engine sends each line of a log as a chunk of its
 * own, and taking those apart costs a client more than all that it does with the lines.
 * @param path with its query, as `/containers/ID/logs?follow=true`
 * @throws what docker-modem would: an error with `statusCode` and `json`, or that of the socket
 */
export async function openResponseStream(engine: Engine, path: string, signal?: AbortSignal): Promise<ResponseStream> {
  const socket = new PulledSocket(engine);
  const abort = () => socket.close();
  signal?.addEventListener('abort', abort, { once: true });
  socket.onClose(() => signal?.removeEventListener('abort', abort));
  if (signal?.aborted) abort();
  socket.write(`GET /v${engine.api}${path} HTTP/1.0\r\nHost: docker\r\n\r\n`);
  const { status, headers, rest } = await readHead(socket);
  if (status !== 200) throw await readRefusal(socket, status, rest);
  const date = Date.parse(headers.get('date') ?? '');
  // A proxy before the engine may reply in HTTP 1.1 all the same.
  const chunks = headers.has('transfer-encoding') ? new ChunkedBody() : undefined;
  let first: Buffer | undefined = rest.length === 0 ? undefined : rest;
  return {
    engineTimeMs: Number.isNaN(date) ? undefined : date,
    async read(onBytes) {
      if (chunks?.isEnded) return false;
      const take = chunks ? (bytes: Buffer) => chunks.push(bytes, onBytes) : onBytes;
      if (first === undefined) return socket.read(take);
      take(first);
      first = undefined;
      return true;
    },
    close: abort,
  };
}

/** Buffer that all plain sockets read into: what is in it is used before the next one reads. */
const sharedBuffer = Buffer.allocUnsafe(256 * 1024);

/** A connection to the engine that is read on request only. */
class PulledSocket {
  readonly #socket: Socket;
  #onBytes: ((bytes: Buffer) => void) | undefined;
  #settle: { resolve: (isMore: boolean) => void; reject: (cause: Error) => void } | undefined;
  #failure: Error | undefined;
  #hasEnded = false;

  constructor({ address }: Engine) {
    if ('tls' in address) {
      const { host, port } = address;
      const { verify, ca, cert, key } = address.tls;
      this.#socket = connectSecure({
        host,
        port,
        // A name, by which servers choose a certificate; an address must not be sent.
        ...(isIP(host) === 0 ? { servername: host } : {}),
        rejectUnauthorized: verify,
        ca,
        cert,
        key,
      });
      this.#socket.on('data', (chunk: Buffer) => {
        this.#socket.pause();
        this.#take(chunk);
      });
      this.#socket.pause();
    } else {
      // A socket of this kind skips the machinery of streams, which costs as much as all else that is done with a log.
      const callback = (length: number) => {
        this.#take(sharedBuffer.subarray(0, length));
        return false;
      };
      const target =
        'socketPath' in address ? { path: address.socketPath } : { host: address.host, port: address.port };
      this.#socket = connectPlain({ ...target, onread: { buffer: sharedBuffer, callback } });
    }
    this.#socket.on('error', (error) => {
      this.#failure = error;
    });
    this.#socket.on('end', () => this.#end());
    this.#socket.on('close', () => this.#end());
  }

  onClose(listener: () => void): void {
    this.#socket.once('close', listener);
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  /** See {@link ResponseStream.read}. */
  read(onBytes: (bytes: Buffer) => void): Promise<boolean> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#hasEnded) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      this.#onBytes = onBytes;
      this.#settle = { resolve, reject };
      this.#socket.resume();
    });
  }

  close(): void {
    this.#socket.destroy();
    this.#end();
  }

  #take(bytes: Buffer): void {
    try {
      this.#onBytes?.(bytes);
      this.#settle?.resolve(true);
    } catch (cause) {
      this.#settle?.reject(cause as Error);
      this.close();
    }
    this.#settle = undefined;
  }

  #end(): void {
    this.#hasEnded = true;
    if (this.#failure) this.#settle?.reject(this.#failure);
    else this.#settle?.resolve(false);
    this.#settle = undefined;
  }
}

interface ResponseHead {
  status: number;
  headers: Map<string, string>;
  /** Outcome of reading the body. */
  rest: Buffer;
}

async function readHead(socket: PulledSocket): Promise<ResponseHead> {
  let head: Buffer = Buffer.alloc(0);
  const append = (bytes: Buffer) => {
    head = Buffer.concat([head, bytes]);
  };
  while (await socket.read(append)) {
    const end = head.indexOf(END_OF_HEAD);
    if (end >= 0)
      return { ...parseHead(head.toString('latin1', 0, end)), rest: head.subarray(end + END_OF_HEAD.length) };
    if (head.length > MAX_HEAD_BYTES) break;
  }
  socket.close();
  throw Object.assign(new Error('the engine sent no HTTP reply'), { code: 'ECONNRESET' });
}

function parseHead(head: string): Omit<ResponseHead, 'rest'> {
  const [statusLine = '', ...fields] = head.split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? 0);
  const headers = fields.map((field): [string, string] => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  });
  return { status, headers: new Map(headers) };
}

async function readRefusal(socket: PulledSocket, statusCode: number, start: Buffer): Promise<Error> {
  let text = start.toString();
  while (
    await socket.read((bytes) => {
      text += bytes;
    })
  );
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The text is all there is.
  }
  return Object.assign(new Error(`(HTTP code ${statusCode}) ${text.trim()}`), { statusCode, json });
}
