/** Largest of the values of the last one to two periods: older ones are forgotten. */
export class RecentMaximum {
  readonly #periodMs: number;
  /** Maxima of this period and the one before. */
  #maxima: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  #periodStartedAt = Number.NEGATIVE_INFINITY;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** @param now milliseconds of a clock that does not go back */
  observe(value: number, now: number): void {
    const age = now - this.#periodStartedAt;
    if (age > this.#periodMs) {
      this.#maxima = [Number.NEGATIVE_INFINITY, age > 2 * this.#periodMs ? Number.NEGATIVE_INFINITY : this.#maxima[0]];
      this.#periodStartedAt = now;
    }
    this.#maxima[0] = Math.max(this.#maxima[0], value);
  }

  /** Undefined before the first value. */
  get value(): number | undefined {
    const value = Math.max(...this.#maxima);
    return value === Number.NEGATIVE_INFINITY ? undefined : value;
  }
}
