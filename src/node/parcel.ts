/** Bytes that are sent to many at once: they count as held once, from the first to have them until the last is rid of them. */
export class Parcel {
  readonly bytes: Buffer;
  readonly #held: (bytes: number) => void;
  #holders = 0;

  /** `held`: is told of more, or less, that is held. */
  constructor(bytes: Buffer, held: (bytes: number) => void) {
    this.bytes = bytes;
    this.#held = held;
  }

  /** One more has them to send. */
  take(): void {
    if (this.#holders++ === 0) this.#held(this.bytes.length);
  }

  /** One of those has sent them, or given up. */
  release(): void {
    if (--this.#holders === 0) this.#held(-this.bytes.length);
  }
}
