import type { Socket } from 'node:net';
import { type Counters, createErrorMessage, encodeText, type Limits, type Message } from '../../protocol/index.ts';
import { MESSAGE_DELIMITER } from '../../protocol/message.ts';
import type { Traffic } from '../../protocol/status.ts';
import type { TypeCounters } from '../messages/type-counters.ts';
import type { SharedBuffer } from './shared-buffer.ts';

/** The sending half of a connection: collects messages into few writes, and gives up on a peer that does not read. */
export class MessageWriter {
  readonly #socket: Socket;
  readonly #limits: Limits;
  readonly #counters: Counters;
  readonly #typeCounters: TypeCounters;
  readonly #traffic: Traffic;
  readonly #onOverflow: () => void;
  #pendingText = '';
  /** Buffers that the system has not taken yet, oldest first, and their bytes. */
  #sharedBuffers: SharedBuffer[] = [];
  #sharedBytes = 0;
  #corked = false;

  /** @param onOverflow called when the send queue is full; the connection must then be dropped */
  constructor(
    socket: Socket,
    { limits, counters, typeCounters }: { limits: Limits; counters: Counters; typeCounters: TypeCounters },
    traffic: Traffic,
    onOverflow: () => void,
  ) {
    this.#socket = socket;
    this.#limits = limits;
    this.#counters = counters;
    this.#typeCounters = typeCounters;
    this.#traffic = traffic;
    this.#onOverflow = onOverflow;
  }

  /** Bytes, approximately, that the system has not taken yet. */
  get queuedBytes(): number {
    return this.#pendingText.length + this.#socket.writableLength;
  }

  /** Queued bytes that are held for this connection alone. */
  get ownQueuedBytes(): number {
    return Math.max(0, this.queuedBytes - this.#sharedBytes);
  }

  /** Adds a message to the next flush. */
  append(message: Message): void {
    const text = this.#encode(message);
    this.#pendingText += text;
    this.#countMessage(message.message_type, Buffer.byteLength(text));
  }

  /** Sends the messages that were added. */
  flush(): void {
    if (this.#pendingText === '') return;
    const bytes = Buffer.from(this.#pendingText);
    this.#pendingText = '';
    this.#write(bytes);
  }

  /** Sends an encoded message, after those that were added. Returns false if the send queue was full. */
  writeBuffer(buffer: SharedBuffer): boolean {
    this.flush();
    this.#countMessage(buffer.type, buffer.bytes.length);
    buffer.retain();
    this.#sharedBuffers.push(buffer);
    this.#sharedBytes += buffer.bytes.length;
    return this.#write(buffer.bytes, this.#onSharedBufferSent);
  }

  /** Releases everything that is queued. */
  discard(): void {
    this.#pendingText = '';
    while (this.#sharedBuffers.length > 0) this.#onSharedBufferSent();
  }

  readonly #onSharedBufferSent = (): void => {
    const oldest = this.#sharedBuffers.shift();
    if (oldest === undefined) return;
    this.#sharedBytes -= oldest.bytes.length;
    oldest.release();
  };

  #countMessage(type: string, bytes: number): void {
    this.#counters.messages_out++;
    this.#traffic.messages_out++;
    this.#typeCounters.countSent(type, bytes - MESSAGE_DELIMITER.length);
  }

  #write(bytes: Buffer, onSent?: () => void): boolean {
    // Only what is queued already counts, so that one message of the largest size can always be sent.
    if (this.#socket.destroyed || this.#socket.writableLength > this.#limits.maxSendQueue) {
      this.#onOverflow();
      return false;
    }
    this.#counters.bytes_out += bytes.length;
    this.#traffic.bytes_out += bytes.length;
    this.#cork();
    this.#socket.write(bytes, onSent);
    return true;
  }

  /** Collects the writes of the current tick, so that one system call takes them all. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }

  /** Returns the text of a message, or of an error in its place if it is larger than the receiver accepts. */
  #encode(message: Message): string {
    const text = encodeText(message);
    const { maxMessage } = this.#limits;
    // No character takes more than three bytes, so short texts need not be measured.
    if (text.length * 3 <= maxMessage) return text;
    const bytes = Buffer.byteLength(text) - MESSAGE_DELIMITER.length;
    if (bytes <= maxMessage) return text;
    return encodeText(
      createErrorMessage('too_large', `the reply would have ${bytes} bytes, and ${maxMessage} are allowed`),
    );
  }
}
