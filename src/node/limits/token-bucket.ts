/** How often something may happen: `rate` times a second on average, `burst` times at once. */
export interface RateLimit {
  rate: number;
  burst: number;
}

/** A token bucket. It starts full; times are milliseconds of any clock that does not go back. */
export class TokenBucket {
  readonly #limit: RateLimit;
  #tokens: number;
  #filledAt: number;

  constructor(allowance: RateLimit, now: number) {
    this.#limit = allowance;
    this.#tokens = allowance.burst;
    this.#filledAt = now;
  }

  /** Takes a token if there is one. */
  tryTake(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Whether nothing has been taken for so long that it is as good as a new one. */
  isFull(now: number): boolean {
    this.#fill(now);
    return this.#tokens >= this.#limit.burst;
  }

  /** Milliseconds until there are `tokens` (at most the burst): 0 when there are. */
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

/** A bucket for each key. Full ones are forgotten, and beyond `most` the least recently used, so keys cost no memory. */
export class KeyedTokenBuckets {
  readonly #limit: RateLimit;
  readonly #maxKeys: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(allowance: RateLimit, most = 1_024) {
    this.#limit = allowance;
    this.#maxKeys = most;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token from a key's bucket if there is one. */
  tryTake(key: string, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#limit, now);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    // Oldest first: one look for each take is enough to keep the map from growing on keys that went quiet.
    for (const [oldest, other] of this.#buckets) {
      if (this.#buckets.size <= this.#maxKeys && !other.isFull(now)) break;
      if (oldest === key) break;
      this.#buckets.delete(oldest);
    }
    return bucket.tryTake(now);
  }
}
