import { type DecodeResult, Decoder, type Limits } from '../../protocol/index.ts';
import { type RateLimit, TokenBucket } from '../limits/token-bucket.ts';

/** Share of a second's messages that must be allowed again before reading goes on. */
const RESUME_AFTER_SECONDS = 1 / 20;

/** The receiving half of a connection: messages out of bytes, no faster than allowed. */
export class MessageReader {
  readonly #limits: Limits;
  readonly #decoder: Decoder;
  #rateLimit: RateLimit;
  #bucket: TokenBucket;
  /** Decoded before it was allowed. */
  #waitingMessage: DecodeResult | undefined;

  constructor(limits: Limits, now: number) {
    this.#limits = limits;
    this.#decoder = new Decoder({ maxMessageBytes: limits.maxMessage, maxDepth: limits.maxDepth });
    this.#rateLimit = { rate: limits.messagesPerSecond, burst: limits.messagesBurst };
    this.#bucket = new TokenBucket(this.#rateLimit, now);
  }

  /** Bytes received of a message that is not complete. */
  get pendingBytes(): number {
    return this.#decoder.pendingBytes;
  }

  /** Bytes of memory that what was received takes. */
  get memoryBytes(): number {
    return this.#decoder.memoryBytes;
  }

  /** Bytes received that have not been looked at yet. */
  get unreadBytes(): number {
    return this.#decoder.unreadBytes;
  }

  /** From now on as many messages are allowed as a link may bring. */
  becomeLink(now: number): void {
    this.#rateLimit = { rate: this.#limits.linkMessagesPerSecond, burst: this.#limits.linkMessagesBurst };
    this.#bucket = new TokenBucket(this.#rateLimit, now);
  }

  feed(chunk: Buffer): void {
    this.#decoder.feed(chunk);
  }

  /** The next message, undefined when more bytes are needed, or `too many` when there is one that has to wait. */
  next(now: number): DecodeResult | 'too many' | undefined {
    const decoded = this.#waitingMessage ?? this.#decoder.next();
    if (decoded === undefined) return undefined;
    const allowed = this.#bucket.tryTake(now);
    this.#waitingMessage = allowed ? undefined : decoded;
    return allowed ? decoded : 'too many';
  }

  /** Milliseconds until reading on is worth it. */
  msUntilResume(now: number): number {
    return this.#bucket.msUntilAvailable(now, Math.max(1, this.#rateLimit.rate * RESUME_AFTER_SECONDS));
  }

  /** What is left when the stream has ended. */
  end(): DecodeResult[] {
    return this.#decoder.end();
  }
}
