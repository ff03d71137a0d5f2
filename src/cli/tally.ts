/** How far a list of runs is, and how long the rest takes. */
export class Tally {
  readonly all: number;
  /** Runs that are over, those of before among them. */
  over: number;
  readonly #before: number;
  /** Seconds that a run is expected to take as long as none has shown it. */
  readonly #expected: number;
  #spent = 0;
  #began: number;

  /**
   * @param before runs that were over before this began
   * @param expected seconds for all runs, as predicted
   * @param now milliseconds, of a clock that only goes forward
   */
  constructor(all: number, before: number, expected: number, now: number) {
    this.all = all;
    this.over = before;
    this.#before = before;
    this.#expected = expected / Math.max(1, all);
    this.#began = now;
  }

  /** A run is over. */
  count(now: number): void {
    this.over++;
    this.#spent += (now - this.#began) / 1_000;
    this.#began = now;
  }

  /** Seconds left: what a run took on average for each that is to come, less what the present one has had. */
  left(now: number): number {
    const done = this.over - this.#before;
    const each = done === 0 ? this.#expected : this.#spent / done;
    const rest = this.all - this.over;
    // One that takes longer than the others is about to be over, as far as anybody knows.
    return rest === 0 ? 0 : Math.max(0, each - (now - this.#began) / 1_000) + each * (rest - 1);
  }

  /** ` 3/18` */
  get place(): string {
    return `${String(this.over).padStart(String(this.all).length)}/${this.all}`;
  }
}
