import { type DecodeResult, Decoder, type Limits } from '../../protocol/index.ts';
import { type RateLimit, TokenBucket } from '../limits/token-bucket.ts';

/** Seconds' worth of messages that must be allowed again before reading resumes. */
const RESUME_AFTER_SECONDS = 1 / 20;

/** The receiving half of a connection: a decoder that returns messages no faster than the rate limit allows. */
export class MessageReader extends Decoder {
  readonly #limits: Limits;
  #rateLimit: RateLimit;
  #bucket: TokenBucket;
  /** Decoded before it was allowed. */
  #waitingMessage: DecodeResult | undefined;

  constructor(limits: Limits, now: number) {
    super({ maxMessageBytes: limits.maxMessage, maxDepth: limits.maxDepth });
    this.#limits = limits;
    this.#rateLimit = { rate: limits.messagesPerSecond, burst: limits.messagesBurst };
    this.#bucket = new TokenBucket(this.#rateLimit, now);
  }

  /** Applies the rate limit of links from now on. */
  becomeLink(now: number): void {
    this.#rateLimit = { rate: this.#limits.linkMessagesPerSecond, burst: this.#limits.linkMessagesBurst };
    this.#bucket = new TokenBucket(this.#rateLimit, now);
  }

  /** Returns the next message, undefined when more bytes are needed, or `too many` when the next one has to wait. */
  nextAllowed(now: number): DecodeResult | 'too many' | undefined {
    const decoded = this.#waitingMessage ?? this.next();
    if (decoded === undefined) return undefined;
    const isAllowed = this.#bucket.tryTake(now);
    this.#waitingMessage = isAllowed ? undefined : decoded;
    return isAllowed ? decoded : 'too many';
  }

  /** Returns the milliseconds until enough messages are allowed to resume reading. */
  msUntilResume(now: number): number {
    return this.#bucket.msUntilAvailable(now, Math.max(1, this.#rateLimit.rate * RESUME_AFTER_SECONDS));
  }
}
