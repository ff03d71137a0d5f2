/** Size of a chunk, bytes; a longer line gets a chunk of its own. */
const CHUNK_BYTES = 1024 * 1024;
/** Chunks that are kept to be filled again: new ones have all the garbage collected again and again. */
const MAX_FREE = 2;
/** Bytes that a UTF-16 code unit takes in UTF-8, at most. */
const MAX_BYTES_PER_UNIT = 3;

/** Lines that wait to be written, as bytes in few large chunks: a buffer for each line costs more than the bytes in it. */
export class LineChunks {
  readonly #full: Buffer[] = [];
  readonly #free: Buffer<ArrayBuffer>[] = [];
  #chunk = Buffer.alloc(0);
  #length = 0;

  get isEmpty(): boolean {
    return this.#full.length === 0 && this.#length === 0;
  }

  /** @returns the bytes of the text */
  append(text: string): number {
    const room = text.length * MAX_BYTES_PER_UNIT;
    if (room > this.#chunk.length - this.#length) {
      this.#completeChunk();
      this.#chunk =
        room <= CHUNK_BYTES ? (this.#free.pop() ?? Buffer.allocUnsafe(CHUNK_BYTES)) : Buffer.allocUnsafe(room);
    }
    const bytes = this.#chunk.write(text, this.#length);
    this.#length += bytes;
    return bytes;
  }

  /** Takes out all that was appended. */
  take(): Buffer[] {
    this.#completeChunk();
    return this.#full.splice(0);
  }

  /** Gives back what was taken, once it is written: it is filled again. */
  release(taken: Buffer): void {
    if (taken.buffer.byteLength === CHUNK_BYTES && this.#free.length < MAX_FREE)
      this.#free.push(Buffer.from(taken.buffer as ArrayBuffer));
  }

  #completeChunk(): void {
    if (this.#length > 0) this.#full.push(this.#chunk.subarray(0, this.#length));
    this.#chunk = Buffer.alloc(0);
    this.#length = 0;
  }
}
