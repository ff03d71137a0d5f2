/** Remembers ids for a while: at most `most` of them, each for `age` milliseconds from the first time it came. */
export class SeenCache {
  readonly #maxIds: number;
  readonly #maxAgeMs: number;
  /** Id to the time it came. Insertion order is order of age, so what is too old is always at the front. */
  readonly #ids = new Map<string, number>();

  constructor(most: number, age: number) {
    this.#maxIds = most;
    this.#maxAgeMs = age;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** Whether an id came, not too long ago. */
  has(id: string, now: number): boolean {
    const came = this.#ids.get(id);
    return came !== undefined && now - came < this.#maxAgeMs;
  }

  /** Whether an id is new; it no longer is after this. */
  add(id: string, now: number): boolean {
    for (const [oldest, came] of this.#ids) {
      if (now - came < this.#maxAgeMs) break;
      this.#ids.delete(oldest);
    }
    if (this.#ids.has(id)) return false;
    this.#ids.set(id, now);
    if (this.#ids.size > this.#maxIds) this.#ids.delete(this.#ids.keys().next().value!);
    return true;
  }
}
