import { afterReading } from '../after-reading.ts';

/** Calls back when a time comes that is known anew each time it is asked for, and moves later more often than earlier. */
export class Expiry {
  readonly #due: () => number;
  readonly #now: () => number;
  readonly #expired: () => void;
  #cancel = () => {};
  #timerAt = Number.POSITIVE_INFINITY;

  /** `due`: when it is, as things stand; `now`: the same clock, in milliseconds. */
  constructor(due: () => number, now: () => number, expired: () => void) {
    this.#due = due;
    this.#now = now;
    this.#expired = expired;
  }

  /** To be called when the time may have moved earlier; when it moves later, the timer finds out by itself. */
  arm(): void {
    const at = this.#due();
    if (at >= this.#timerAt) return;
    this.#cancel();
    this.#timerAt = at;
    this.#cancel = afterReading(Math.max(1, at - this.#now()), () => this.#fire());
  }

  stop(): void {
    this.#cancel();
    this.#timerAt = Number.NEGATIVE_INFINITY;
  }

  #fire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (this.#due() > this.#now()) this.arm();
    else this.#expired();
  }
}
