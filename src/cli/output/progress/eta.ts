/** Counts completed runs and estimates the time left. */
export class Eta {
  readonly total: number;
  /** Completed runs, including those completed earlier. */
  completed: number;
  readonly #completedBefore: number;
  /** Seconds expected for a run until the first one is measured. */
  readonly #expectedSecondsPerRun: number;
  #spentSeconds = 0;
  #runStartedAt: number;

  /**
   * @param completedBefore runs completed before this start
   * @param expectedSeconds predicted for all runs
   * @param now milliseconds of a monotonic clock
   */
  constructor(total: number, completedBefore: number, expectedSeconds: number, now: number) {
    this.total = total;
    this.completed = completedBefore;
    this.#completedBefore = completedBefore;
    this.#expectedSecondsPerRun = expectedSeconds / Math.max(1, total);
    this.#runStartedAt = now;
  }

  /** Counts the current run as completed. */
  completeRun(now: number): void {
    this.completed++;
    this.#spentSeconds += (now - this.#runStartedAt) / 1_000;
    this.#runStartedAt = now;
  }

  /** Returns the seconds left: the average of a run for each remaining one, less the time of the current one. */
  secondsLeft(now: number): number {
    const done = this.completed - this.#completedBefore;
    const average = done === 0 ? this.#expectedSecondsPerRun : this.#spentSeconds / done;
    const remaining = this.total - this.completed;
    // A run that takes longer than the average is assumed to end at once.
    return remaining === 0 ? 0 : Math.max(0, average - (now - this.#runStartedAt) / 1_000) + average * (remaining - 1);
  }

  /** Position of the last completed run, as in ` 3/18`. */
  get position(): string {
    return `${String(this.completed).padStart(String(this.total).length)}/${this.total}`;
  }
}
