import { Parcel } from './parcel.ts';

/** About what remembering one thing takes besides its bytes. */
const OVERHEAD = 512;

interface Entry {
  readonly parcel: Parcel;
  readonly size: number;
  readonly since: number;
  /** Whom it was given. */
  readonly given: WeakSet<object>;
}

/** News that was announced, kept for those that ask: at most `most` bytes of it, each piece for `age` milliseconds. */
export class Kept {
  readonly #most: number;
  readonly #age: number;
  readonly #held: (bytes: number) => void;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();
  #size = 0;

  /** `held`: is told of the bytes that are on their way to somebody; see {@link Parcel}. */
  constructor(most: number, age: number, held: (bytes: number) => void) {
    this.#most = most;
    this.#age = age;
    this.#held = held;
  }

  /** Bytes it takes, about. */
  get size(): number {
    return this.#size;
  }

  /** Keeps a message under an id that is new, and lets the oldest go for it. False when it is larger than all there is. */
  add(id: string, message: Buffer, now: number): boolean {
    const size = OVERHEAD + 2 * id.length + message.length;
    if (size > this.#most) return false;
    // A small buffer is a slice of one that others share: kept as it is, it would keep all of that.
    const bytes = Buffer.allocUnsafeSlow(message.length);
    message.copy(bytes);
    this.#remove(id);
    this.#entries.set(id, { parcel: new Parcel(bytes, this.#held), size, since: now, given: new WeakSet() });
    this.#size += size;
    for (const [oldest, { since }] of this.#entries) {
      if (this.#size <= this.#most && now - since < this.#age) break;
      this.#remove(oldest);
    }
    return true;
  }

  /** What is kept under an id, for `to`: once, as nothing is lost on a connection. Undefined when it is gone. */
  give(id: string, to: object, now: number): Parcel | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || now - entry.since >= this.#age || entry.given.has(to)) return undefined;
    entry.given.add(to);
    return entry.parcel;
  }

  #remove(id: string): void {
    this.#size -= this.#entries.get(id)?.size ?? 0;
    this.#entries.delete(id);
  }
}
