/** How often something may happen: `rate` times a second on average, `burst` times at once. */
export interface Allowance {
  rate: number;
  burst: number;
}

/** A token bucket. It starts full; times are milliseconds of any clock that does not go back. */
export class Bucket {
  readonly #allowance: Allowance;
  #tokens: number;
  #at: number;

  constructor(allowance: Allowance, now: number) {
    this.#allowance = allowance;
    this.#tokens = allowance.burst;
    this.#at = now;
  }

  /** Takes a token if there is one. */
  take(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Whether nothing has been taken for so long that it is as good as a new one. */
  isFull(now: number): boolean {
    this.#fill(now);
    return this.#tokens >= this.#allowance.burst;
  }

  /** Milliseconds until there are `tokens` (at most the burst): 0 when there are. */
  wait(now: number, tokens = 1): number {
    this.#fill(now);
    const missing = Math.min(tokens, this.#allowance.burst) - this.#tokens;
    return missing <= 0 ? 0 : Math.ceil((missing * 1_000) / this.#allowance.rate);
  }

  #fill(now: number): void {
    const { rate, burst } = this.#allowance;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) * rate) / 1_000);
    this.#at = now;
  }
}

/** A bucket for each key. Full ones are forgotten, and beyond `most` the least recently used, so keys cost no memory. */
export class Buckets {
  readonly #allowance: Allowance;
  readonly #most: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(allowance: Allowance, most = 1_024) {
    this.#allowance = allowance;
    this.#most = most;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token from a key's bucket if there is one. */
  take(key: string, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? new Bucket(this.#allowance, now);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    // Oldest first: one look for each take is enough to keep the map from growing on keys that went quiet.
    for (const [oldest, other] of this.#buckets) {
      if (this.#buckets.size <= this.#most && !other.isFull(now)) break;
      if (oldest === key) break;
      this.#buckets.delete(oldest);
    }
    return bucket.take(now);
  }
}
