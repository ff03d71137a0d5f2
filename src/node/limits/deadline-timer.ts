import { setTimeoutAfterIo } from '../../shared/timeout-after-io.ts';

/** Calls back when a time comes that is known anew each time it is asked for, and moves later more often than earlier. */
export class DeadlineTimer {
  readonly #dueAt: () => number;
  readonly #now: () => number;
  readonly #onExpired: () => void;
  #cancel = () => {};
  #timerAt = Number.POSITIVE_INFINITY;

  /** `due`: when it is, as things stand; `now`: the same clock, in milliseconds. */
  constructor(due: () => number, now: () => number, expired: () => void) {
    this.#dueAt = due;
    this.#now = now;
    this.#onExpired = expired;
  }

  /** To be called when the time may have moved earlier; when it moves later, the timer finds out by itself. */
  arm(): void {
    const at = this.#dueAt();
    if (at >= this.#timerAt) return;
    this.#cancel();
    this.#timerAt = at;
    this.#cancel = setTimeoutAfterIo(Math.max(1, at - this.#now()), () => this.#fire());
  }

  stop(): void {
    this.#cancel();
    this.#timerAt = Number.NEGATIVE_INFINITY;
  }

  #fire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (this.#dueAt() > this.#now()) this.arm();
    else this.#onExpired();
  }
}
