import { SharedBuffer } from '../connection/shared-buffer.ts';

/** About what remembering one thing takes besides its bytes. */
const ENTRY_OVERHEAD_BYTES = 512;

interface CacheEntry {
  readonly buffer: SharedBuffer;
  readonly size: number;
  readonly addedAt: number;
  /** Whom it was given. */
  readonly sentTo: WeakSet<object>;
}

/** News that was announced, kept for those that ask: at most `most` bytes of it, each piece for `age` milliseconds. */
export class MessageCache {
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  readonly #onBufferedBytes: (bytes: number) => void;
  /** Oldest first. */
  readonly #entries = new Map<string, CacheEntry>();
  #totalBytes = 0;

  /** `held`: is told of the bytes that are on their way to somebody; see {@link SharedBuffer}. */
  constructor(most: number, age: number, held: (bytes: number) => void) {
    this.#maxBytes = most;
    this.#maxAgeMs = age;
    this.#onBufferedBytes = held;
  }

  /** Bytes it takes, about. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** Keeps a message under an id that is new, and lets the oldest go for it. False when it is larger than all there is. */
  put(id: string, message: Buffer, now: number): boolean {
    const size = ENTRY_OVERHEAD_BYTES + 2 * id.length + message.length;
    if (size > this.#maxBytes) return false;
    // A small buffer is a slice of one that others share: kept as it is, it would keep all of that.
    const bytes = Buffer.allocUnsafeSlow(message.length);
    message.copy(bytes);
    this.#remove(id);
    this.#entries.set(id, {
      buffer: new SharedBuffer(bytes, this.#onBufferedBytes),
      size,
      addedAt: now,
      sentTo: new WeakSet(),
    });
    this.#totalBytes += size;
    for (const [oldest, { addedAt: since }] of this.#entries) {
      if (this.#totalBytes <= this.#maxBytes && now - since < this.#maxAgeMs) break;
      this.#remove(oldest);
    }
    return true;
  }

  /** What is kept under an id, for `to`: once, as nothing is lost on a connection. Undefined when it is gone. */
  getFor(id: string, to: object, now: number): SharedBuffer | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || now - entry.addedAt >= this.#maxAgeMs || entry.sentTo.has(to)) return undefined;
    entry.sentTo.add(to);
    return entry.buffer;
  }

  #remove(id: string): void {
    this.#totalBytes -= this.#entries.get(id)?.size ?? 0;
    this.#entries.delete(id);
  }
}
