const EMPTY = Buffer.alloc(0);
const MIN_CAPACITY_BYTES = 256;

/**
 * Gathers the pieces of one message in a buffer that doubles: each byte is copied about twice however small the pieces
 * are, and a million one-byte pieces do not become a million buffers.
 */
export class ByteBuffer {
  readonly #limit: number;
  #bytes: Buffer = EMPTY;
  #length = 0;

  /** `limit`: the most bytes that will ever be added between two clears. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes of memory it takes. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Adds `from`'s bytes from `start` up to `end`. */
  append(from: Buffer, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(MIN_CAPACITY_BYTES, Math.min(needed * 2, this.#limit)));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    from.copy(this.#bytes, this.#length, start, end);
    this.#length = needed;
  }

  /** Everything added, and after it `last`'s bytes from `start` up to `end`; uncopied if nothing was added before. */
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
