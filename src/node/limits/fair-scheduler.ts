/** Longest (ms) that messages are served before all sockets are looked at again. */
const MAX_ROUND_MS = 4;
/**
 * How long (ms) those who wait for a turn go on waiting while new connections come in: each look at the sockets accepts
 * only one of them, so sockets are looked at quickly.
 */
const MAX_ACCEPT_FIRST_MS = 20;

/**
 * Shares time among connections. One that brings more than can be served in one go waits here for its next turn, first
 * come, first served, while sockets are looked at in between: those with little to ask do not wait for those with much.
 */
export class FairScheduler {
  readonly #waiting = new Set<() => void>();
  readonly #now: () => number;
  #servedAt = 0;
  #isAccepting = false;
  #spentMs = 0;
  #isScheduled = false;

  /** `now`: milliseconds that do not go back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** So much was done that sockets should be looked at first: wait for a turn. */
  get isRoundOver(): boolean {
    return this.#spentMs >= MAX_ROUND_MS;
  }

  /** Serving took so many milliseconds. */
  recordWork(milliseconds: number): void {
    this.#spentMs += milliseconds;
    if (this.isRoundOver) this.#schedule();
  }

  /** Connections come in: what takes long should wait for a turn. */
  get isAccepting(): boolean {
    return this.#isAccepting;
  }

  /** A connection was accepted; more may be at the door. */
  onAccept(): void {
    this.#isAccepting = true;
    this.#schedule();
  }

  /** `go` is called when its turn comes. */
  enqueue(go: () => void): void {
    this.#waiting.add(go);
    this.#schedule();
  }

  /** `go` waits no longer. */
  dequeue(go: () => void): void {
    this.#waiting.delete(go);
  }

  #schedule(): void {
    if (!this.#isScheduled) setImmediate(() => this.#onRound());
    this.#isScheduled = true;
  }

  #onRound(): void {
    this.#isScheduled = false;
    this.#spentMs = 0;
    const hurried = this.#isAccepting && this.#now() - this.#servedAt < MAX_ACCEPT_FIRST_MS;
    this.#isAccepting = false;
    if (!hurried) this.#serveWaiting();
    this.#spentMs = 0;
    if (this.#waiting.size > 0) this.#schedule();
  }

  #serveWaiting(): void {
    for (const go of [...this.#waiting]) {
      if (!this.#waiting.delete(go)) continue;
      go();
      if (this.isRoundOver) break;
    }
    this.#servedAt = this.#now();
  }
}
