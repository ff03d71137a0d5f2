import { sleep } from './condition-variable.ts';

/** Milliseconds between peers that are added to a target that limits how often that may be done: one a second. */
const ADD_PEER_INTERVAL_MS = 1_100;

/** Keeps the `add_peer`s of all cases together within what the target takes, once it has said that they come too fast. */
export class AddPeerThrottle {
  #limited = false;
  #last = Promise.resolve();

  /** The target has said so. */
  enable(): void {
    this.#limited = true;
  }

  /** Resolves when the next one may be sent. */
  waitTurn(): Promise<void> {
    if (this.#limited) this.#last = this.#last.then(() => sleep(ADD_PEER_INTERVAL_MS));
    return this.#last;
  }
}
