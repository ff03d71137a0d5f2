/** An encoded message that is sent on many connections: its bytes are accounted once, while any of them still queues it. */
export class SharedBuffer {
  readonly bytes: Buffer;
  /** Type of the message. */
  readonly type: string;
  readonly #onBufferedBytes: (change: number) => void;
  #references = 0;

  /** @param onBufferedBytes called with the change when the bytes become buffered, and when they no longer are */
  constructor(bytes: Buffer, onBufferedBytes: (change: number) => void, type = 'gossip') {
    this.bytes = bytes;
    this.type = type;
    this.#onBufferedBytes = onBufferedBytes;
  }

  retain(): void {
    if (this.#references++ === 0) this.#onBufferedBytes(this.bytes.length);
  }

  release(): void {
    if (--this.#references === 0) this.#onBufferedBytes(-this.bytes.length);
  }
}
