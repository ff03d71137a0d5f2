import { sleep } from './changes.ts';

/** Milliseconds between peers that are added to a target that limits how often that may be done: one a second. */
const APART = 1_100;

/** Keeps the `add_peer`s of all cases together within what the target takes, once it has said that they come too fast. */
export class Pace {
  #limited = false;
  #last = Promise.resolve();

  /** The target has said so. */
  limit(): void {
    this.#limited = true;
  }

  /** Resolves when the next one may be sent. */
  turn(): Promise<void> {
    if (this.#limited) this.#last = this.#last.then(() => sleep(APART));
    return this.#last;
  }
}
