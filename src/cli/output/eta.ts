/** How far a list of runs is, and how long the rest takes. */
export class Eta {
  readonly total: number;
  /** Runs that are over, those of before among them. */
  completed: number;
  readonly #completedBefore: number;
  /** Seconds that a run is expected to take as long as none has shown it. */
  readonly #expectedSecondsPerRun: number;
  #spentSeconds = 0;
  #runStartedAt: number;

  /**
   * @param before runs that were over before this began
   * @param expected seconds for all runs, as predicted
   * @param now milliseconds, of a clock that only goes forward
   */
  constructor(all: number, before: number, expected: number, now: number) {
    this.total = all;
    this.completed = before;
    this.#completedBefore = before;
    this.#expectedSecondsPerRun = expected / Math.max(1, all);
    this.#runStartedAt = now;
  }

  /** A run is over. */
  completeRun(now: number): void {
    this.completed++;
    this.#spentSeconds += (now - this.#runStartedAt) / 1_000;
    this.#runStartedAt = now;
  }

  /** Seconds left: what a run took on average for each that is to come, less what the present one has had. */
  secondsLeft(now: number): number {
    const done = this.completed - this.#completedBefore;
    const each = done === 0 ? this.#expectedSecondsPerRun : this.#spentSeconds / done;
    const rest = this.total - this.completed;
    // One that takes longer than the others is about to be over, as far as anybody knows.
    return rest === 0 ? 0 : Math.max(0, each - (now - this.#runStartedAt) / 1_000) + each * (rest - 1);
  }

  /** ` 3/18` */
  get position(): string {
    return `${String(this.completed).padStart(String(this.total).length)}/${this.total}`;
  }
}
