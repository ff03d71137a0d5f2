import { type Decoded, Decoder, type Limits } from '../protocol/index.ts';
import { type Allowance, Bucket } from './bucket.ts';

/** Share of a second's messages that must be allowed again before reading goes on. */
const STEP = 1 / 20;

/** The receiving half of a connection: messages out of bytes, no faster than allowed. */
export class Incoming {
  readonly #limits: Limits;
  readonly #decoder: Decoder;
  #allowance: Allowance;
  #bucket: Bucket;
  /** Decoded before it was allowed. */
  #early: Decoded | undefined;

  constructor(limits: Limits, now: number) {
    this.#limits = limits;
    this.#decoder = new Decoder({ message: limits.maxMessage, depth: limits.maxDepth });
    this.#allowance = { rate: limits.messagesPerSecond, burst: limits.messagesBurst };
    this.#bucket = new Bucket(this.#allowance, now);
  }

  /** Bytes received of a message that is not complete. */
  get pending(): number {
    return this.#decoder.pending;
  }

  /** Bytes of memory that what was received takes. */
  get kept(): number {
    return this.#decoder.kept;
  }

  /** Bytes received that have not been looked at yet. */
  get unread(): number {
    return this.#decoder.buffered;
  }

  /** From now on as many messages are allowed as a link may bring. */
  becomeLink(now: number): void {
    this.#allowance = { rate: this.#limits.linkMessagesPerSecond, burst: this.#limits.linkMessagesBurst };
    this.#bucket = new Bucket(this.#allowance, now);
  }

  feed(chunk: Buffer): void {
    this.#decoder.feed(chunk);
  }

  /** The next message, undefined when more bytes are needed, or `too many` when there is one that has to wait. */
  next(now: number): Decoded | 'too many' | undefined {
    const decoded = this.#early ?? this.#decoder.next();
    if (decoded === undefined) return undefined;
    const allowed = this.#bucket.take(now);
    this.#early = allowed ? undefined : decoded;
    return allowed ? decoded : 'too many';
  }

  /** Milliseconds until reading on is worth it. */
  wait(now: number): number {
    return this.#bucket.wait(now, Math.max(1, this.#allowance.rate * STEP));
  }

  /** What is left when the stream has ended. */
  end(): Decoded[] {
    return this.#decoder.end();
  }
}
