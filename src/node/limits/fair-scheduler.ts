/** Longest time that messages are served before all sockets are read again. */
const MAX_ROUND_MS = 4;
/**
 * Longest time that waiting connections keep waiting while new ones come in. Each iteration of the event loop accepts
 * only one of them, so iterations are kept short.
 */
const MAX_ACCEPT_FIRST_MS = 20;

/**
 * Shares time fairly among connections. One that brings more than can be served at once waits here for its next turn,
 * first come, first served, while sockets are read in between: those with few messages do not wait for those with many.
 */
export class FairScheduler {
  readonly #waiting = new Set<() => void>();
  readonly #now: () => number;
  #lastServedAt = 0;
  #isAccepting = false;
  #spentMs = 0;
  #isScheduled = false;

  /** @param now returns milliseconds of a clock that does not go back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The time of this round is used up: sockets should be read first. */
  get isRoundOver(): boolean {
    return this.#spentMs >= MAX_ROUND_MS;
  }

  /** New connections are coming in: what takes long should wait for a turn. */
  get isAccepting(): boolean {
    return this.#isAccepting;
  }

  recordWork(milliseconds: number): void {
    this.#spentMs += milliseconds;
    if (this.isRoundOver) this.#schedule();
  }

  /** Must be called when a connection was accepted, as more may be waiting. */
  onAccept(): void {
    this.#isAccepting = true;
    this.#schedule();
  }

  /** Calls `onTurn` when its turn comes. */
  enqueue(onTurn: () => void): void {
    this.#waiting.add(onTurn);
    this.#schedule();
  }

  dequeue(onTurn: () => void): void {
    this.#waiting.delete(onTurn);
  }

  #schedule(): void {
    if (!this.#isScheduled) setImmediate(() => this.#onRound());
    this.#isScheduled = true;
  }

  #onRound(): void {
    this.#isScheduled = false;
    this.#spentMs = 0;
    const mustAcceptFirst = this.#isAccepting && this.#now() - this.#lastServedAt < MAX_ACCEPT_FIRST_MS;
    this.#isAccepting = false;
    if (!mustAcceptFirst) this.#serveWaiting();
    this.#spentMs = 0;
    if (this.#waiting.size > 0) this.#schedule();
  }

  #serveWaiting(): void {
    for (const onTurn of [...this.#waiting]) {
      if (!this.#waiting.delete(onTurn)) continue;
      onTurn();
      if (this.isRoundOver) break;
    }
    this.#lastServedAt = this.#now();
  }
}
