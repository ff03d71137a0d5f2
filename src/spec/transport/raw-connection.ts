import { connect, type Socket } from 'node:net';
import { setTimeoutAfterIo } from '../../shared/timeout-after-io.ts';
import { ConditionVariable } from './condition-variable.ts';
import { ReplySplitter, type TargetReply } from './reply.ts';
import type { Transcript } from './transcript.ts';

/** Raw bytes that are kept to look at how a reply is delimited. */
const MAX_RAW_BYTES = 65_536;

/** Where to dial, and from where. */
export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Address to dial from; absent: the system's choice. */
  readonly localAddress?: string | undefined;
}

/** What became of bytes that were sent as fast as they were taken. */
export interface StalledSendResult {
  /** How many were taken. */
  readonly acceptedBytes: number;
  /** The target took no more of them. */
  readonly stalled: boolean;
}

/** One connection of a case, dialed or accepted: bytes out, replies in, and all of it noted. */
export class RawConnection {
  readonly name: string;
  /** Replies that nobody has taken yet. */
  readonly replies: TargetReply[] = [];
  /** All replies there were. */
  replyCount = 0;
  /** The other end has said that nothing follows, or the connection is gone. */
  ended = false;
  /** The connection is gone in both directions. */
  closed = false;
  /** Why it is gone, where that was no ordinary end. */
  error: string | undefined;
  /** The first bytes that came, as they came. */
  rawBytes: Buffer = Buffer.alloc(0);
  /** Called for each reply; true takes it. */
  onReply: ((nextReply: TargetReply) => boolean) | undefined;
  readonly changed: ConditionVariable;
  readonly #socket: Socket;
  readonly #transcript: Transcript;
  readonly #splitter = new ReplySplitter();

  constructor(socket: Socket, name: string, exchange: Transcript, changes = new ConditionVariable()) {
    this.#socket = socket;
    this.name = name;
    this.#transcript = exchange;
    this.changed = changes;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      exchange.received(name, chunk);
      if (this.rawBytes.length < MAX_RAW_BYTES)
        this.rawBytes = Buffer.concat([this.rawBytes, chunk.subarray(0, MAX_RAW_BYTES - this.rawBytes.length)]);
      this.#addReplies(this.#splitter.push(chunk));
      changes.notifyAll();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    socket.on('end', () => this.#onEnd('end'));
    socket.on('close', () => {
      this.closed = true;
      this.#onEnd(this.error ?? 'closed');
      changes.notifyAll();
    });
  }

  /** Dials; rejects with the system's error, or after `wait` milliseconds. */
  static dial(route: DialOptions, name: string, exchange: Transcript, wait: number): Promise<RawConnection> {
    const { host, port, localAddress } = route;
    const socket = connect({
      host,
      port,
      noDelay: true,
      allowHalfOpen: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    return new Promise((resolve, reject) => {
      const cancel = setTimeoutAfterIo(wait, () => socket.destroy(new Error(`no connection within ${wait} ms`)));
      socket.once('error', reject);
      socket.once('close', cancel);
      socket.once('connect', () => {
        cancel();
        socket.off('error', reject);
        exchange.event(name, `connected to ${host}:${port}`);
        resolve(new RawConnection(socket, name, exchange));
      });
    });
  }

  send(bytes: string | Uint8Array): void {
    if (!this.#socket.writable) return;
    const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    this.#transcript.sent(this.name, data);
    this.#socket.write(data, () => this.changed.notifyAll());
  }

  /** Sends pieces with a pause between each two, so that they arrive as pieces. */
  async sendInPieces(pieces: Iterable<string | Uint8Array>, pause: number): Promise<void> {
    for (const piece of pieces) {
      this.send(piece);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** Whether everything sent has left this program within `wait` milliseconds; false on a connection that is gone. */
  async waitForDrain(wait: number): Promise<boolean> {
    await this.changed.waitUntil(() => this.#socket.writableLength === 0 || this.closed, wait);
    return this.#socket.writableLength === 0 && !this.closed;
  }

  /**
   * Sends a piece again and again, each time that the last one has left, up to `most` bytes. Ends early when the target
   * says something or ends, takes nothing for `stall` milliseconds, or `time` is over.
   */
  async sendUntilStalled(
    piece: Uint8Array,
    { most, stall, time }: { most: number; stall: number; time: number },
  ): Promise<StalledSendResult> {
    const end = performance.now() + time;
    let taken = 0;
    let stalled = false;
    while (taken < most && !this.ended && this.replies.length === 0 && performance.now() < end) {
      this.send(piece);
      stalled = !(await this.waitForDrain(stall));
      if (stalled) break;
      taken += piece.length;
      // What the target says to this has to be seen before more is sent.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { acceptedBytes: taken, stalled };
  }

  /** The next reply; undefined when none comes within `wait` milliseconds, or the target ends first. */
  async reply(wait: number): Promise<TargetReply | undefined> {
    await this.changed.waitUntil(() => this.replies.length > 0 || this.ended, wait);
    return this.replies.shift();
  }

  /** The next `count` replies, or as many as come until `wait` milliseconds have passed. */
  async nextReplies(count: number, wait: number): Promise<TargetReply[]> {
    await this.changed.waitUntil(() => this.replies.length >= count || this.ended, wait);
    return this.replies.splice(0, count);
  }

  /** Whether the other end ends within `wait` milliseconds. */
  waitForEnd(wait: number): Promise<boolean> {
    return this.changed.waitUntil(() => this.ended, wait);
  }

  /** Says that nothing follows, and goes on reading. */
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

  /** Ends at once, with a reset. */
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

  #onEnd(how: string): void {
    if (this.ended) return;
    this.ended = true;
    this.#addReplies(this.#splitter.end());
    this.#transcript.event(this.name, how === 'end' ? 'the target ends' : how);
    this.changed.notifyAll();
  }
}
