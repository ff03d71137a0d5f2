/** Longest (ms) that messages are served before all sockets are looked at again. */
const ROUND = 4;
/**
 * How long (ms) those who wait for a turn go on waiting while new connections come in: each look at the sockets accepts
 * only one of them, so sockets are looked at quickly.
 */
const HURRY = 20;

/**
 * Shares time among connections. One that brings more than can be served in one go waits here for its next turn, first
 * come, first served, while sockets are looked at in between: those with little to ask do not wait for those with much.
 */
export class Turns {
  readonly #waiting = new Set<() => void>();
  readonly #now: () => number;
  #served = 0;
  #hurried = false;
  #spent = 0;
  #called = false;

  /** `now`: milliseconds that do not go back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** So much was done that sockets should be looked at first: wait for a turn. */
  get over(): boolean {
    return this.#spent >= ROUND;
  }

  /** Serving took so many milliseconds. */
  spend(milliseconds: number): void {
    this.#spent += milliseconds;
    if (this.over) this.#call();
  }

  /** Connections come in: what takes long should wait for a turn. */
  get hurried(): boolean {
    return this.#hurried;
  }

  /** A connection was accepted; more may be at the door. */
  hurry(): void {
    this.#hurried = true;
    this.#call();
  }

  /** `go` is called when its turn comes. */
  wait(go: () => void): void {
    this.#waiting.add(go);
    this.#call();
  }

  /** `go` waits no longer. */
  leave(go: () => void): void {
    this.#waiting.delete(go);
  }

  #call(): void {
    if (!this.#called) setImmediate(() => this.#serve());
    this.#called = true;
  }

  #serve(): void {
    this.#called = false;
    this.#spent = 0;
    const hurried = this.#hurried && this.#now() - this.#served < HURRY;
    this.#hurried = false;
    if (!hurried) this.#serveWaiting();
    this.#spent = 0;
    if (this.#waiting.size > 0) this.#call();
  }

  #serveWaiting(): void {
    for (const go of [...this.#waiting]) {
      if (!this.#waiting.delete(go)) continue;
      go();
      if (this.over) break;
    }
    this.#served = this.#now();
  }
}
