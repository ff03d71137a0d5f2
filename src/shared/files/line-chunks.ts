/** Size of a chunk, bytes; a longer line gets a chunk of its own. */
const CHUNK_BYTES = 1024 * 1024;
/** Bytes that a UTF-16 code unit takes in UTF-8, at most. */
const MAX_BYTES_PER_UNIT = 3;

/** Lines that wait to be written, as bytes in few large chunks: a buffer for each line costs more than the bytes in it. */
export class LineChunks {
  readonly #full: Buffer[] = [];
  #chunk = Buffer.alloc(0);
  /** The part of the chunk whose lines were not taken yet. */
  #from = 0;
  #to = 0;

  get isEmpty(): boolean {
    return this.#full.length === 0 && this.#from === this.#to;
  }

  /** @returns the bytes of the text */
  append(text: string): number {
    const room = text.length * MAX_BYTES_PER_UNIT;
    if (room > this.#chunk.length - this.#to) {
      this.#completeChunk();
      this.#chunk = Buffer.allocUnsafe(Math.max(room, CHUNK_BYTES));
      this.#from = this.#to = 0;
    }
    const bytes = this.#chunk.write(text, this.#to);
    this.#to += bytes;
    return bytes;
  }

  /** Takes out all that was appended. */
  take(): Buffer[] {
    this.#completeChunk();
    return this.#full.splice(0);
  }

  #completeChunk(): void {
    if (this.#from < this.#to) this.#full.push(this.#chunk.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }
}
