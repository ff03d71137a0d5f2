import { setTimeoutAfterIo } from '../../shared/time/timeout-after-io.ts';

/** A timer for a deadline that is computed whenever needed, and that moves later more often than earlier. */
export class DeadlineTimer {
  readonly #dueAt: () => number;
  readonly #now: () => number;
  readonly #onExpired: () => void;
  #cancel = () => {};
  #timerAt = Number.POSITIVE_INFINITY;

  /** @param dueAt returns the current deadline @param now returns the time, by the same clock in milliseconds */
  constructor(dueAt: () => number, now: () => number, onExpired: () => void) {
    this.#dueAt = dueAt;
    this.#now = now;
    this.#onExpired = onExpired;
  }

  /** Must be called when the deadline may have moved earlier; when it moves later, the timer re-arms itself. */
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
