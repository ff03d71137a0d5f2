import { connect, type Socket } from 'node:net';
import { setImmediate as afterIo, setTimeout as sleep } from 'node:timers/promises';
import { setTimeoutAfterIo } from '../../shared/time/timeout-after-io.ts';
import { ConditionVariable } from './condition-variable.ts';
import { ReplySplitter, type TargetReply } from './reply.ts';
import type { Transcript } from './transcript.ts';

/** Received bytes that are kept for judging the delimiters of replies. */
const MAX_RAW_BYTES = 65_536;

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Address to dial from. @default the system's choice */
  readonly localAddress?: string | undefined;
}

/** Result of {@link RawConnection.sendUntilStalled}. */
export interface StalledSendResult {
  readonly acceptedBytes: number;
  /** True if the target stopped reading. */
  readonly stalled: boolean;
}

/** Formats `host:port`, with an IPv6 address in brackets. */
export function formatAddress({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Connection of a case, dialed or accepted. It records all bytes that it sends and receives. */
export class RawConnection {
  readonly name: string;
  /** Replies that nobody has taken yet. */
  readonly replies: TargetReply[] = [];
  /** Number of all replies so far. */
  replyCount = 0;
  /** True once the other end has half-closed, or the connection is closed. */
  ended = false;
  /** True once the connection is closed in both directions. */
  closed = false;
  /** Error that closed the connection. */
  error: string | undefined;
  /** The first received bytes, as they came. */
  rawBytes: Buffer = Buffer.alloc(0);
  /** Called with each reply; returns true to take it. */
  onReply: ((nextReply: TargetReply) => boolean) | undefined;
  readonly changed: ConditionVariable;
  readonly #socket: Socket;
  readonly #transcript: Transcript;
  readonly #splitter = new ReplySplitter();

  constructor(socket: Socket, name: string, transcript: Transcript, changed = new ConditionVariable()) {
    this.#socket = socket;
    this.name = name;
    this.#transcript = transcript;
    this.changed = changed;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      transcript.received(name, chunk);
      if (this.rawBytes.length < MAX_RAW_BYTES)
        this.rawBytes = Buffer.concat([this.rawBytes, chunk.subarray(0, MAX_RAW_BYTES - this.rawBytes.length)]);
      this.#addReplies(this.#splitter.push(chunk));
      changed.notifyAll();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    socket.on('end', () => this.#onEnd('the target ends'));
    socket.on('close', () => {
      this.closed = true;
      this.#onEnd(this.error ?? 'closed');
      changed.notifyAll();
    });
  }

  /** Dials. Rejects with the system's error, or after `timeoutMs`. */
  static dial(options: DialOptions, name: string, transcript: Transcript, timeoutMs: number): Promise<RawConnection> {
    const { host, port, localAddress } = options;
    const from = localAddress === undefined ? {} : { localAddress };
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true, ...from });
    return new Promise((resolve, reject) => {
      const cancelTimeout = setTimeoutAfterIo(timeoutMs, () =>
        socket.destroy(new Error(`no connection within ${timeoutMs} ms`)),
      );
      socket.once('error', reject);
      socket.once('close', cancelTimeout);
      socket.once('connect', () => {
        cancelTimeout();
        socket.off('error', reject);
        transcript.event(name, `connected to ${host}:${port}`);
        resolve(new RawConnection(socket, name, transcript));
      });
    });
  }

  send(bytes: string | Uint8Array): void {
    if (!this.#socket.writable) return;
    const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    this.#transcript.sent(this.name, data);
    this.#socket.write(data, () => this.changed.notifyAll());
  }

  /** Sends pieces `intervalMs` apart, so that they arrive as pieces. */
  async sendInPieces(pieces: Iterable<string | Uint8Array>, intervalMs: number): Promise<void> {
    for (const piece of pieces) {
      this.send(piece);
      await sleep(intervalMs);
    }
  }

  /** Resolves to true once the system has taken all sent bytes; to false after `timeoutMs`, or if the connection closed. */
  async waitForDrain(timeoutMs: number): Promise<boolean> {
    await this.changed.waitUntil(() => this.#socket.writableLength === 0 || this.closed, timeoutMs);
    return this.#socket.writableLength === 0 && !this.closed;
  }

  /**
   * Sends a piece again and again, each time the system has taken the last one. Stops after `maxBytes` or `timeoutMs`,
   * when the target replies or ends, and when it has not read for `stallMs`.
   */
  async sendUntilStalled(
    piece: Uint8Array,
    { maxBytes, stallMs, timeoutMs }: { maxBytes: number; stallMs: number; timeoutMs: number },
  ): Promise<StalledSendResult> {
    const end = performance.now() + timeoutMs;
    let acceptedBytes = 0;
    while (acceptedBytes < maxBytes && !this.ended && this.replies.length === 0 && performance.now() < end) {
      this.send(piece);
      if (!(await this.waitForDrain(stallMs))) return { acceptedBytes, stalled: true };
      acceptedBytes += piece.length;
      await afterIo(); // Or the target's reply would be seen only after the next piece.
    }
    return { acceptedBytes, stalled: false };
  }

  /** Resolves to the next reply, or to undefined if none comes within `timeoutMs` or before the target ends. */
  async reply(timeoutMs: number): Promise<TargetReply | undefined> {
    return (await this.nextReplies(1, timeoutMs))[0];
  }

  /** Resolves to the next `count` replies, or to those that come within `timeoutMs`. */
  async nextReplies(count: number, timeoutMs: number): Promise<TargetReply[]> {
    await this.changed.waitUntil(() => this.replies.length >= count || this.ended, timeoutMs);
    return this.replies.splice(0, count);
  }

  /** Resolves to true once the target has ended, and to false if it has not within `timeoutMs`. */
  waitForEnd(timeoutMs: number): Promise<boolean> {
    return this.changed.waitUntil(() => this.ended, timeoutMs);
  }

  /** Ends sending, and goes on reading. */
  halfClose(): void {
    if (!this.#socket.writable) return;
    this.#transcript.event(this.name, 'the suite half-closes');
    this.#socket.end();
  }

  /** Stops reading, so that what the target sends piles up on its side. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Closes with a reset. */
  reset(): void {
    this.#transcript.event(this.name, 'the suite resets');
    this.#socket.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  #addReplies(replies: TargetReply[]): void {
    this.replyCount += replies.length;
    for (const reply of replies) if (this.onReply?.(reply) !== true) this.replies.push(reply);
  }

  #onEnd(event: string): void {
    if (this.ended) return;
    this.ended = true;
    this.#addReplies(this.#splitter.end());
    this.#transcript.event(this.name, event);
    this.changed.notifyAll();
  }
}
