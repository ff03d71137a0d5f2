/** Bytes of a segment: a queue costs nothing for each piece that is appended to it. */
const SEGMENT_BYTES = 32 * 1024;
/** Segments that are kept to be used again: new ones would pile up until the garbage collector comes. */
const MAX_SPARE_SEGMENTS = 64;
const spareSegments: Buffer[] = [];

/** Bytes that wait to be used, outside the heap. */
export class ByteQueue {
  /** Segments in use. All but the last are full. */
  readonly #segments: Buffer[] = [];
  /** Where the first segment is read, and the last one written. */
  #readAt = 0;
  #writeAt = SEGMENT_BYTES;
  /** The segment that was read to its end last: its bytes may still be used. */
  #done: Buffer | undefined;

  /** Number of bytes that wait. */
  get length(): number {
    return this.#segments.length * SEGMENT_BYTES - this.#readAt - (SEGMENT_BYTES - this.#writeAt);
  }

  /** Appends a copy. */
  append(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#writeAt === SEGMENT_BYTES) {
        this.#segments.push(spareSegments.pop() ?? Buffer.allocUnsafeSlow(SEGMENT_BYTES));
        this.#writeAt = 0;
      }
      const copied = bytes.copy(this.#segments.at(-1) as Buffer, this.#writeAt, at);
      at += copied;
      this.#writeAt += copied;
    }
  }

  /** Takes the first bytes, `maxBytes` at most; undefined when there are none. They are valid until the next `take`. */
  take(maxBytes: number): Buffer | undefined {
    if (this.#done && spareSegments.length < MAX_SPARE_SEGMENTS) spareSegments.push(this.#done);
    this.#done = undefined;
    const [first] = this.#segments;
    if (!first || this.length === 0) return undefined;
    const end = Math.min(this.#readAt + maxBytes, this.#segments.length === 1 ? this.#writeAt : SEGMENT_BYTES);
    const bytes = first.subarray(this.#readAt, end);
    this.#readAt = end;
    if (end === SEGMENT_BYTES) {
      this.#done = this.#segments.shift();
      this.#readAt = 0;
    }
    return bytes;
  }
}
