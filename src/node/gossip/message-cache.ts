import { SharedBuffer } from '../connection/shared-buffer.ts';

/** Approximate memory that one entry takes besides its message. */
const ENTRY_OVERHEAD_BYTES = 512;

interface CacheEntry {
  readonly buffer: SharedBuffer;
  readonly size: number;
  readonly addedAt: number;
  /** Connections that it was sent on. */
  readonly sentTo: WeakSet<object>;
}

/** Keeps announced gossip for the peers that request it. */
export class MessageCache {
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  readonly #onBufferedBytes: (change: number) => void;
  /** Oldest first. */
  readonly #entries = new Map<string, CacheEntry>();
  #totalBytes = 0;

  /** @param onBufferedBytes called when bytes are queued on a connection, and when they no longer are */
  constructor(maxBytes: number, maxAgeMs: number, onBufferedBytes: (change: number) => void) {
    this.#maxBytes = maxBytes;
    this.#maxAgeMs = maxAgeMs;
    this.#onBufferedBytes = onBufferedBytes;
  }

  /** Memory in use, approximately. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** Adds a message and evicts the oldest ones if needed. Returns false when it is larger than the whole cache. */
  put(id: string, message: Buffer, now: number): boolean {
    const size = ENTRY_OVERHEAD_BYTES + 2 * id.length + message.length;
    if (size > this.#maxBytes) return false;
    // Copied, as a small buffer is a slice of a shared pool, which would be kept as a whole.
    const bytes = Buffer.allocUnsafeSlow(message.length);
    message.copy(bytes);
    this.#remove(id);
    const buffer = new SharedBuffer(bytes, this.#onBufferedBytes);
    this.#entries.set(id, { buffer, size, addedAt: now, sentTo: new WeakSet() });
    this.#totalBytes += size;
    for (const [oldest, { addedAt }] of this.#entries) {
      if (this.#totalBytes <= this.#maxBytes && now - addedAt < this.#maxAgeMs) break;
      this.#remove(oldest);
    }
    return true;
  }

  /**
   * Returns a message for `receiver`: once, as nothing is lost on a connection. Undefined when it expired or was never
   * there.
   */
  getFor(id: string, receiver: object, now: number): SharedBuffer | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || now - entry.addedAt >= this.#maxAgeMs || entry.sentTo.has(receiver)) return undefined;
    entry.sentTo.add(receiver);
    return entry.buffer;
  }

  #remove(id: string): void {
    this.#totalBytes -= this.#entries.get(id)?.size ?? 0;
    this.#entries.delete(id);
  }
}
