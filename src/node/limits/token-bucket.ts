export interface RateLimit {
  /** Average per second. */
  rate: number;
  /** Most at once. */
  burst: number;
}

/** A token bucket. It starts full; times are milliseconds of any clock that does not go back. */
export class TokenBucket {
  readonly #limit: RateLimit;
  #tokens: number;
  #filledAt: number;

  constructor(limit: RateLimit, now: number) {
    this.#limit = limit;
    this.#tokens = limit.burst;
    this.#filledAt = now;
  }

  /** Takes a token; returns false if there is none. */
  tryTake(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  isFull(now: number): boolean {
    this.#fill(now);
    return this.#tokens >= this.#limit.burst;
  }

  /** Returns the milliseconds until there are `tokens`, at most the burst; 0 if there are. */
  msUntilAvailable(now: number, tokens = 1): number {
    this.#fill(now);
    const missing = Math.min(tokens, this.#limit.burst) - this.#tokens;
    return missing <= 0 ? 0 : Math.ceil((missing * 1_000) / this.#limit.rate);
  }

  #fill(now: number): void {
    const { rate, burst } = this.#limit;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) * rate) / 1_000);
    this.#filledAt = now;
  }
}

/** A token bucket for each key. Full buckets and, beyond `maxKeys`, the least recently used ones are forgotten. */
export class KeyedTokenBuckets {
  readonly #limit: RateLimit;
  readonly #maxKeys: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limit: RateLimit, maxKeys = 1_024) {
    this.#limit = limit;
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token from a key's bucket; returns false if there is none. */
  tryTake(key: string, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#limit, now);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    // Least recently used first. One check per take is enough to keep the map from growing.
    for (const [oldest, other] of this.#buckets) {
      if (this.#buckets.size <= this.#maxKeys && !other.isFull(now)) break;
      if (oldest === key) break;
      this.#buckets.delete(oldest);
    }
    return bucket.tryTake(now);
  }
}
