import type { Clock } from './actions.ts';

/** The time of a run: milliseconds since its start, and a schedule that stands still while something takes its time. */
export class Stopwatch {
  readonly #clock: Clock;
  #start: number;
  /** How long the schedule stood still, milliseconds. */
  #delay = 0;
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
  get started(): number {
    return this.#start;
  }

  /** When the steps of the present moment began, milliseconds since the epoch. */
  get momentBegan(): number {
    return this.#moment.began;
  }

  /** Milliseconds since the start. */
  now(): number {
    return this.#clock.now() - this.#start;
  }

  /** Waits for a time of the schedule. What comes late makes all that follows later, so that nothing is hurried. */
  async until(at: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const left = this.#start + this.#delay + at - this.#clock.now();
    if (left > 0) await this.#clock.sleep(left, signal);
    else this.#delay -= left;
    if (at !== this.#moment.at) this.#moment = { at, began: this.#clock.now() };
  }

  /** Does something while the schedule stands still. */
  async standing(work: () => Promise<void>): Promise<void> {
    const before = this.#clock.now();
    await work();
    this.#delay += this.#clock.now() - before;
  }
}
