const CARRIAGE_RETURN = 0x0d;
const NEWLINE = 0x0a;

/** Takes an HTTP body in chunks apart (RFC 9112, 7.1). Chunk extensions and trailers are skipped. */
export class ChunkedBody {
  /** Text of the line that is read: the size of a chunk, or the end of the one before. */
  #line = '';
  /** Bytes of the current chunk that are still to come. */
  #left = 0;
  #isEnded = false;

  /** True once the last chunk was read. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Calls `onBytes` with each piece of the body in `bytes`. @throws Error when `bytes` are not in chunks */
  push(bytes: Buffer, onBytes: (bytes: Buffer) => void): void {
    for (let at = 0; at < bytes.length && !this.#isEnded; ) {
      if (this.#left > 0) {
        const end = Math.min(bytes.length, at + this.#left);
        onBytes(bytes.subarray(at, end));
        this.#left -= end - at;
        at = end;
        continue;
      }
      const byte = bytes[at++] as number;
      if (byte === NEWLINE) this.#endLine();
      else if (byte !== CARRIAGE_RETURN) this.#line += String.fromCharCode(byte);
    }
  }

  #endLine(): void {
    // Each chunk is followed by an empty line.
    if (this.#line === '') return;
    const size = /^[0-9a-f]+/i.exec(this.#line)?.[0];
    if (size === undefined) throw new Error(`the engine sent "${this.#line.slice(0, 20)}" for the size of a chunk`);
    this.#line = '';
    this.#left = Number.parseInt(size, 16);
    this.#isEnded = this.#left === 0;
  }
}
