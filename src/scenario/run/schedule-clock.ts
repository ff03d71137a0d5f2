import type { Clock } from '../model/scenario-driver.ts';

/** The time of a run: milliseconds since its start, and a schedule that stands still while something takes its time. */
export class ScheduleClock {
  readonly #clock: Clock;
  #start: number;
  /** How long the schedule stood still, milliseconds. */
  #pausedMs = 0;
  /** When the steps of the present moment began, milliseconds since the epoch. */
  #moment = { at: -1, began: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#start = clock.now();
  }

  /** Begins at zero, now. */
  restart(): void {
    this.#start = this.#clock.now();
  }

  /** Milliseconds since the epoch. */
  get startedAt(): number {
    return this.#start;
  }

  /** When the steps of the present moment began, milliseconds since the epoch. */
  get momentStartedAt(): number {
    return this.#moment.began;
  }

  /** Milliseconds since the start. */
  elapsed(): number {
    return this.#clock.now() - this.#start;
  }

  /** Waits for a time of the schedule. What comes late makes all that follows later, so that nothing is hurried. */
  async waitUntil(at: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const left = this.#start + this.#pausedMs + at - this.#clock.now();
    if (left > 0) await this.#clock.sleep(left, signal);
    else this.#pausedMs -= left;
    if (at !== this.#moment.at) this.#moment = { at, began: this.#clock.now() };
  }

  /** Does something while the schedule stands still. */
  async pauseDuring(work: () => Promise<void>): Promise<void> {
    const before = this.#clock.now();
    await work();
    this.#pausedMs += this.#clock.now() - before;
  }
}
