import type { Socket } from 'node:net';
import {
  type Counters,
  encodeText,
  errorMessage,
  type Limits,
  type Message,
  type Traffic,
} from '../../protocol/index.ts';
import type { SharedBuffer } from './shared-buffer.ts';

/** What messages end with, in bytes. */
const DELIMITER_BYTES = 2;

/** The sending half of a connection: gathers messages into few writes, and gives up on an end that takes none. */
export class MessageWriter {
  readonly #socket: Socket;
  readonly #limits: Limits;
  readonly #counters: Counters;
  readonly #traffic: Traffic;
  /** Called when more waits than may: the connection is to be dropped, and this abandoned. */
  readonly #onOverflow: () => void;
  #pendingText = '';
  /** Parcels that wait, oldest first, and their bytes. */
  #sharedBuffers: SharedBuffer[] = [];
  #sharedBytes = 0;
  #corked = false;

  /** Counts in the node's counters and in the connection's own `traffic`. */
  constructor(
    socket: Socket,
    { limits, counters }: { limits: Limits; counters: Counters },
    traffic: Traffic,
    overflow: () => void,
  ) {
    this.#socket = socket;
    this.#limits = limits;
    this.#counters = counters;
    this.#traffic = traffic;
    this.#onOverflow = overflow;
  }

  /** About how many bytes have not been taken by the system yet. */
  get queuedBytes(): number {
    return this.#pendingText.length + this.#socket.writableLength;
  }

  /** Of those, the bytes that are kept for this connection alone. */
  get ownQueuedBytes(): number {
    return Math.max(0, this.queuedBytes - this.#sharedBytes);
  }

  /** Gathers a message, to leave with the next flush. */
  append(message: Message): void {
    this.#pendingText += this.#encode(message);
    this.#counters.messages_out++;
    this.#traffic.messages_out++;
  }

  /** Sends what has been gathered. */
  flush(): void {
    if (this.#pendingText === '') return;
    const bytes = Buffer.from(this.#pendingText);
    this.#pendingText = '';
    this.#write(bytes);
  }

  /** Sends the bytes of one message, after what has been gathered. False when too much was waiting already. */
  writeBuffer(parcel: SharedBuffer): boolean {
    const { bytes } = parcel;
    this.flush();
    this.#counters.messages_out++;
    this.#traffic.messages_out++;
    parcel.retain();
    this.#sharedBuffers.push(parcel);
    this.#sharedBytes += bytes.length;
    return this.#write(bytes, this.#onSharedBufferSent);
  }

  /** Nothing more is sent: what waits is held no longer. */
  discard(): void {
    this.#pendingText = '';
    while (this.#sharedBuffers.length > 0) this.#onSharedBufferSent();
  }

  /** The oldest parcel has been taken by the system. */
  readonly #onSharedBufferSent = (): void => {
    const parcel = this.#sharedBuffers.shift();
    if (parcel === undefined) return;
    this.#sharedBytes -= parcel.bytes.length;
    parcel.release();
  };

  #write(bytes: Buffer, done?: () => void): boolean {
    // What waits is looked at before this is added, so that one message of the largest size can always be sent.
    if (this.#socket.destroyed || this.#socket.writableLength > this.#limits.maxSendQueue) {
      this.#onOverflow();
      return false;
    }
    this.#counters.bytes_out += bytes.length;
    this.#traffic.bytes_out += bytes.length;
    this.#cork();
    this.#socket.write(bytes, done);
    return true;
  }

  /** Until what is going on now is over, writes are gathered: one call of the system takes them all. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }

  /** The text of a message, or of an error in its place if nobody would read one so large. */
  #encode(message: Message): string {
    const text = encodeText(message);
    const { maxMessage } = this.#limits;
    // No character takes more than three bytes, so most need not be counted.
    if (text.length * 3 <= maxMessage) return text;
    const bytes = Buffer.byteLength(text) - DELIMITER_BYTES;
    if (bytes <= maxMessage) return text;
    return encodeText(errorMessage('too_large', `the reply would have ${bytes} bytes, and ${maxMessage} are allowed`));
  }
}
