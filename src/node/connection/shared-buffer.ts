/** Bytes that are sent to many at once: they count as held once, from the first to have them until the last is rid of them. */
export class SharedBuffer {
  readonly bytes: Buffer;
  readonly #onBufferedBytes: (bytes: number) => void;
  #references = 0;

  /** `held`: is told of more, or less, that is held. */
  constructor(bytes: Buffer, held: (bytes: number) => void) {
    this.bytes = bytes;
    this.#onBufferedBytes = held;
  }

  /** One more has them to send. */
  retain(): void {
    if (this.#references++ === 0) this.#onBufferedBytes(this.bytes.length);
  }

  /** One of those has sent them, or given up. */
  release(): void {
    if (--this.#references === 0) this.#onBufferedBytes(-this.bytes.length);
  }
}
