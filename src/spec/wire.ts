import { connect, type Socket } from 'node:net';
import { afterReading } from '../after-reading.ts';
import { Changes } from './changes.ts';
import type { Exchange } from './exchange.ts';
import { type Reply, ReplyReader } from './reply.ts';

/** Raw bytes that are kept to look at how a reply is delimited. */
const RAW = 65_536;

/** Where to dial, and from where. */
export interface Route {
  readonly host: string;
  readonly port: number;
  /** Address to dial from; absent: the system's choice. */
  readonly localAddress?: string | undefined;
}

/** What became of bytes that were sent as fast as they were taken. */
export interface Poured {
  /** How many were taken. */
  readonly taken: number;
  /** The target took no more of them. */
  readonly stalled: boolean;
}

/** One connection of a case, dialed or accepted: bytes out, replies in, and all of it noted. */
export class Wire {
  readonly name: string;
  /** Replies that nobody has taken yet. */
  readonly replies: Reply[] = [];
  /** All replies there were. */
  count = 0;
  /** The other end has said that nothing follows, or the connection is gone. */
  ended = false;
  /** The connection is gone in both directions. */
  closed = false;
  /** Why it is gone, where that was no ordinary end. */
  error: string | undefined;
  /** The first bytes that came, as they came. */
  raw: Buffer = Buffer.alloc(0);
  /** Called for each reply; true takes it. */
  take: ((reply: Reply) => boolean) | undefined;
  readonly changes: Changes;
  readonly #socket: Socket;
  readonly #exchange: Exchange;
  readonly #reader = new ReplyReader();

  constructor(socket: Socket, name: string, exchange: Exchange, changes = new Changes()) {
    this.#socket = socket;
    this.name = name;
    this.#exchange = exchange;
    this.changes = changes;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      exchange.received(name, chunk);
      if (this.raw.length < RAW) this.raw = Buffer.concat([this.raw, chunk.subarray(0, RAW - this.raw.length)]);
      this.#heard(this.#reader.push(chunk));
      changes.notify();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    socket.on('end', () => this.#ended('end'));
    socket.on('close', () => {
      this.closed = true;
      this.#ended(this.error ?? 'closed');
      changes.notify();
    });
  }

  /** Dials; rejects with the system's error, or after `wait` milliseconds. */
  static dial(route: Route, name: string, exchange: Exchange, wait: number): Promise<Wire> {
    const { host, port, localAddress } = route;
    const socket = connect({
      host,
      port,
      noDelay: true,
      allowHalfOpen: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    return new Promise((resolve, reject) => {
      const cancel = afterReading(wait, () => socket.destroy(new Error(`no connection within ${wait} ms`)));
      socket.once('error', reject);
      socket.once('close', cancel);
      socket.once('connect', () => {
        cancel();
        socket.off('error', reject);
        exchange.event(name, `connected to ${host}:${port}`);
        resolve(new Wire(socket, name, exchange));
      });
    });
  }

  send(bytes: string | Uint8Array): void {
    if (!this.#socket.writable) return;
    const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    this.#exchange.sent(this.name, data);
    this.#socket.write(data, () => this.changes.notify());
  }

  /** Sends pieces with a pause between each two, so that they arrive as pieces. */
  async sendInPieces(pieces: Iterable<string | Uint8Array>, pause: number): Promise<void> {
    for (const piece of pieces) {
      this.send(piece);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** Whether everything sent has left this program within `wait` milliseconds; false on a connection that is gone. */
  async drained(wait: number): Promise<boolean> {
    await this.changes.until(() => this.#socket.writableLength === 0 || this.closed, wait);
    return this.#socket.writableLength === 0 && !this.closed;
  }

  /**
   * Sends a piece again and again, each time that the last one has left, up to `most` bytes. Ends early when the target
   * says something or ends, takes nothing for `stall` milliseconds, or `time` is over.
   */
  async pour(piece: Uint8Array, { most, stall, time }: { most: number; stall: number; time: number }): Promise<Poured> {
    const end = performance.now() + time;
    let taken = 0;
    let stalled = false;
    while (taken < most && !this.ended && this.replies.length === 0 && performance.now() < end) {
      this.send(piece);
      stalled = !(await this.drained(stall));
      if (stalled) break;
      taken += piece.length;
      // What the target says to this has to be seen before more is sent.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { taken, stalled };
  }

  /** The next reply; undefined when none comes within `wait` milliseconds, or the target ends first. */
  async reply(wait: number): Promise<Reply | undefined> {
    await this.changes.until(() => this.replies.length > 0 || this.ended, wait);
    return this.replies.shift();
  }

  /** The next `count` replies, or as many as come until `wait` milliseconds have passed. */
  async several(count: number, wait: number): Promise<Reply[]> {
    await this.changes.until(() => this.replies.length >= count || this.ended, wait);
    return this.replies.splice(0, count);
  }

  /** Whether the other end ends within `wait` milliseconds. */
  end(wait: number): Promise<boolean> {
    return this.changes.until(() => this.ended, wait);
  }

  /** Says that nothing follows, and goes on reading. */
  halfClose(): void {
    if (!this.#socket.writable) return;
    this.#exchange.event(this.name, 'the suite half-closes');
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
    this.#exchange.event(this.name, 'the suite resets');
    this.#socket.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  #heard(replies: Reply[]): void {
    this.count += replies.length;
    for (const reply of replies) if (this.take?.(reply) !== true) this.replies.push(reply);
  }

  #ended(how: string): void {
    if (this.ended) return;
    this.ended = true;
    this.#heard(this.#reader.end());
    this.#exchange.event(this.name, how === 'end' ? 'the target ends' : how);
    this.changes.notify();
  }
}
