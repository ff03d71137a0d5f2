import { processTimeMs } from '../../shared/time/clock-offset.ts';
import { sleep } from '../../shared/time/poll.ts';

/** Source of time; tests have their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after the given time; rejects with the signal's reason when it aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = { now: processTimeMs, sleep };

/** Time of a running schedule: it pauses while a fault is injected or healed. */
export class ScheduleClock {
  readonly #clock: Clock;
  #startedAt: number;
  #pausedMs = 0;
  /** The time of the latest steps, and when the first of them began. */
  #current = { at: -1, startedAt: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  /** Restarts at zero. */
  restart(): void {
    this.#startedAt = this.#clock.now();
  }

  /** Milliseconds since the epoch. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Time at which the steps of the current time began, milliseconds since the epoch. */
  get currentStartedAt(): number {
    return this.#current.startedAt;
  }

  /** Real milliseconds since the start, pauses included. */
  elapsed(): number {
    return this.#clock.now() - this.#startedAt;
  }

  /** Waits for a time of the schedule. A step that comes late delays all later ones, so none is hurried. */
  async waitUntil(at: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const remaining = this.#startedAt + this.#pausedMs + at - this.#clock.now();
    if (remaining > 0) await this.#clock.sleep(remaining, signal);
    else this.#pausedMs -= remaining;
    if (at !== this.#current.at) this.#current = { at, startedAt: this.#clock.now() };
  }

  /** Runs `work` while the schedule pauses. */
  async pauseDuring(work: () => Promise<void>): Promise<void> {
    const before = this.#clock.now();
    await work();
    this.#pausedMs += this.#clock.now() - before;
  }
}
