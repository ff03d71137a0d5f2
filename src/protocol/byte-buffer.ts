const EMPTY = Buffer.alloc(0);
const MIN_CAPACITY_BYTES = 256;

/**
 * Collects the pieces of one message in a buffer that doubles: each byte is copied about twice however small the pieces
 * are, and a million one-byte pieces do not become a million buffers.
 */
export class ByteBuffer {
  readonly #maxBytes: number;
  #bytes: Buffer = EMPTY;
  #length = 0;

  /** @param maxBytes most bytes that are ever added between two clears */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of memory allocated. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Adds `source`'s bytes from `start` up to `end`. */
  append(source: Buffer, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(MIN_CAPACITY_BYTES, Math.min(needed * 2, this.#maxBytes)));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    source.copy(this.#bytes, this.#length, start, end);
    this.#length = needed;
  }

  /** Returns everything added, followed by `last`'s bytes from `start` up to `end`; no copy if nothing was added. */
  take(last: Buffer, start: number, end: number): Buffer {
    if (this.#length === 0) return last.subarray(start, end);
    this.append(last, start, end);
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#bytes = EMPTY;
    this.#length = 0;
  }
}
