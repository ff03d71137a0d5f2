/** Remembers the ids of gossip, so that each message is handled once. */
export class SeenCache {
  readonly #maxIds: number;
  readonly #maxAgeMs: number;
  /** Time of each id's first arrival. Insertion order is order of age, so expired ids are at the front. */
  readonly #ids = new Map<string, number>();

  constructor(maxIds: number, maxAgeMs: number) {
    this.#maxIds = maxIds;
    this.#maxAgeMs = maxAgeMs;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** Returns whether an id is remembered. */
  has(id: string, now: number): boolean {
    const seenAt = this.#ids.get(id);
    return seenAt !== undefined && now - seenAt < this.#maxAgeMs;
  }

  /** Remembers an id; returns whether it was new. */
  add(id: string, now: number): boolean {
    for (const [oldest, seenAt] of this.#ids) {
      if (now - seenAt < this.#maxAgeMs) break;
      this.#ids.delete(oldest);
    }
    if (this.#ids.has(id)) return false;
    this.#ids.set(id, now);
    if (this.#ids.size > this.#maxIds) this.#ids.delete(this.#ids.keys().next().value!);
    return true;
  }
}
