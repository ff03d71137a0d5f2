import type { Socket } from 'node:net';
import {
  type Counters,
  createErrorMessage,
  type DecodeResult,
  type Hello,
  type Limits,
  type Message,
  type ProtocolErrorCode,
} from '../../protocol/index.ts';
import { Traffic } from '../../protocol/status.ts';
import { type ConnectionTimestamps, connectionDeadline } from '../limits/connection-deadline.ts';
import { DeadlineTimer } from '../limits/deadline-timer.ts';
import type { FairScheduler } from '../limits/fair-scheduler.ts';
import type { Log } from '../log/log.ts';
import type { HandlerContext, Sender } from '../messages/message-handler.ts';
import type { TypeCounters } from '../messages/type-counters.ts';
import { MessageReader } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';
import type { SharedBuffer } from './shared-buffer.ts';
import type { SocketAddresses } from './socket-addresses.ts';

/**
 * Bytes of unread replies above which no more messages are read from a client. Small, as a client that does not read
 * its replies should cost little.
 */
const REPLY_HIGH_WATER_BYTES = 65_536;
/** Longest time that one connection is served before others have their turn. */
const MAX_TURN_MS = 1;
/** Bytes above which a message may take long to decode. */
const LARGE_MESSAGE_BYTES = 65_536;

const CLOSED_BY_PEER = 'closed by the other end';

/** The node that a connection belongs to. */
export interface ConnectionOwner {
  readonly limits: Limits;
  readonly counters: Counters;
  readonly typeCounters: TypeCounters;
  readonly log: Log;
  /** Queue for connections that have more to do than one turn allows. */
  readonly scheduler: FairScheduler;
  /** Returns milliseconds of a clock that does not go back. */
  readonly now: () => number;
  /** Returns the context for handlers of this connection's messages. */
  contextFor(connection: Connection): HandlerContext;
  /** Handles a message and returns the reply, if any. Must not throw. */
  handleMessage(message: Message, connection: Connection): Message | undefined;
  /** Called with the change in bytes that are buffered for connections. */
  readonly onBufferedBytes: (change: number) => void;
  /** Called when input was refused; `reason` is for a log. */
  onRefused(reason: string, connection: Connection): void;
  onClosed(connection: Connection, reason: string): void;
}

/** One socket: decodes messages, sends replies at a pace both ends and the limits allow, and closes when it is over. */
export class Connection implements Sender {
  readonly host: string;
  readonly port: number;
  readonly local: string;
  readonly dialed: boolean;
  readonly context: HandlerContext;
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #reader: MessageReader;
  readonly #writer: MessageWriter;
  readonly #traffic: Traffic;
  readonly #timestamps: ConnectionTimestamps;
  readonly #deadlineTimer: DeadlineTimer;
  #hello: Hello | undefined;
  #reading = false;
  #rateLimitReported = false;
  #bufferedBytes = 0;
  #halfClosed = false;
  #resumeTimer: NodeJS.Timeout | undefined;
  readonly #onTurn = () => this.#unpause();
  #closeReason = CLOSED_BY_PEER;

  /** @param socket connected, with `allowHalfOpen` @param traffic counts what goes over the connection */
  constructor(
    socket: Socket,
    addresses: SocketAddresses,
    dialed: boolean,
    owner: ConnectionOwner,
    traffic = new Traffic(),
  ) {
    this.#socket = socket;
    this.host = addresses.host;
    this.port = addresses.port;
    this.local = addresses.local;
    this.dialed = dialed;
    this.#owner = owner;
    this.#traffic = traffic;
    this.context = owner.contextFor(this);
    const { limits } = owner;
    const now = owner.now();
    this.#writer = new MessageWriter(socket, owner, traffic, () =>
      this.drop('send buffer full: the peer is not reading'),
    );
    this.#reader = new MessageReader(limits, now);
    if (dialed) this.#reader.becomeLink(now);
    this.#timestamps = { isLink: dialed, openedAt: now, lastByteAt: now, throttled: false };
    const dueAt = () => connectionDeadline(this.#timestamps, limits).at;
    this.#deadlineTimer = new DeadlineTimer(dueAt, owner.now, () => this.#onDeadline());
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#setCloseReason(error.code ?? error.message));
    socket.on('drain', () => this.#updateBufferedBytes());
    socket.on('finish', () => this.#onFinish());
    socket.on('close', () => this.#onClose());
    this.#deadlineTimer.arm();
  }

  /** The other end's hello, once it has come. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** Turns the connection into a link: it lasts, and more messages are allowed on it. */
  acceptHello(hello: Hello): void {
    if (!this.#timestamps.isLink) this.#reader.becomeLink(this.#owner.now());
    this.#hello = hello;
    this.#timestamps.isLink = true;
  }

  get isLink(): boolean {
    return this.#timestamps.isLink;
  }

  get lastByteAt(): number {
    return this.#timestamps.lastByteAt;
  }

  /** Bytes buffered for the other end, including those that are shared with other connections. */
  get bufferedBytes(): number {
    return this.#socket.destroyed ? 0 : this.#reader.memoryBytes + this.#writer.queuedBytes;
  }

  /** Bytes that wait to be sent. */
  get queuedBytes(): number {
    return this.#socket.destroyed ? 0 : this.#writer.queuedBytes;
  }

  /** Sends a message. While messages are being read it leaves with the replies to them, in order. */
  send(message: Message): void {
    if (this.#isClosing) return;
    this.#writer.append(message);
    this.#markReplied();
    if (this.#reading) return;
    this.#writer.flush();
    this.#deadlineTimer.arm();
  }

  /** Sends an encoded message. Returns false if the send buffer was full: the connection is then dropped. */
  sendBuffer(buffer: SharedBuffer): boolean {
    return !this.#isClosing && this.#writer.writeBuffer(buffer);
  }

  /** Sends an encoded message that was requested. Returns false if the send buffer is full; the connection stays. */
  offerBuffer(buffer: SharedBuffer): boolean {
    if (this.#isClosing || this.#writer.queuedBytes > this.#owner.limits.maxSendQueue) return false;
    this.#markReplied();
    return this.#writer.writeBuffer(buffer);
  }

  /** Sends an error, except to a peer that said no hello: it could take the error for a request and answer it. */
  sendError(code: ProtocolErrorCode, reason: string): void {
    if (this.dialed && this.#hello === undefined) return;
    this.#owner.counters.errors_out++;
    this.send(createErrorMessage(code, reason));
  }

  /** Closes after what was sent has left; nothing more is read. */
  end(reason: string): void {
    if (this.#isClosing) return;
    this.#setCloseReason(reason);
    this.#writer.flush();
    this.#timestamps.endingSince = this.#owner.now();
    this.#unpause();
    this.#socket.end();
    this.#socket.resume();
    this.#deadlineTimer.arm();
  }

  /** Closes at once. What was not sent is lost: with a reset, the system keeps none of it either. */
  drop(reason: string): void {
    this.#setCloseReason(reason);
    if (this.#timestamps.flushedAt === undefined) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
    this.#releaseBuffers();
  }

  get #isClosing(): boolean {
    return this.#timestamps.endingSince !== undefined || this.#socket.destroyed;
  }

  #markReplied(): void {
    this.#timestamps.lastReplyAt = this.#reading ? this.#timestamps.lastMessageAt : this.#owner.now();
  }

  #onData(chunk: Buffer): void {
    this.#owner.counters.bytes_in += chunk.length;
    this.#traffic.bytes_in += chunk.length;
    // While closing, input is read and discarded: unread input would make the system send a reset before our last bytes.
    if (this.#isClosing) return;
    this.#timestamps.lastByteAt = this.#owner.now();
    this.#reader.feed(chunk);
    const { scheduler } = this.#owner;
    const mustWait =
      scheduler.isRoundOver || (scheduler.isAccepting && this.#reader.pendingBytes > LARGE_MESSAGE_BYTES);
    if (mustWait && !this.#paused) this.#waitForTurn();
    else this.#readMessages();
  }

  /** Handles messages until none is left, the other end must read first, or the turn is over. */
  #readMessages(): void {
    const timestamps = this.#timestamps;
    const now = this.#owner.now();
    let handledAny = false;
    this.#reading = true;
    while (!this.#isClosing) {
      if (this.#isBacklogged(now)) break;
      const decoded = this.#reader.nextAllowed(now);
      if (decoded === undefined) break;
      if (decoded === 'too many') {
        this.#throttle(now);
        break;
      }
      handledAny = true;
      timestamps.lastMessageAt = now;
      this.#handle(decoded);
      if (this.#reader.unreadBytes > 0 && this.#owner.now() - now >= MAX_TURN_MS) {
        this.#waitForTurn();
        break;
      }
    }
    this.#reading = false;
    this.#writer.flush();
    this.#owner.scheduler.recordWork(this.#owner.now() - now);
    if (this.#reader.pendingBytes === 0) timestamps.incompleteSince = undefined;
    else if (handledAny || timestamps.incompleteSince === undefined) timestamps.incompleteSince = now;
    this.#deadlineTimer.arm();
    this.#updateBufferedBytes();
    if (this.#halfClosed && !this.#paused) this.#finishReading();
  }

  #handle({ message, error, fatal }: DecodeResult): void {
    if (message === undefined) {
      this.#owner.onRefused(`${error.code}: ${error.message}`, this);
      this.sendError(error.code, error.message);
      if (fatal) this.end(error.code);
      return;
    }
    this.#owner.counters.messages_in++;
    this.#traffic.messages_in++;
    this.#owner.typeCounters.countReceived(message.message_type, this.#reader.lastMessageBytes);
    const reply = this.#owner.handleMessage(message, this);
    if (reply !== undefined) this.send(reply);
  }

  /** Returns whether too many replies are unread. If so, reading stops until they have been read. */
  #isBacklogged(now: number): boolean {
    // A link is always read: if both ends waited for the other to read, neither ever would.
    if (this.dialed || this.#writer.queuedBytes < REPLY_HIGH_WATER_BYTES) return false;
    this.#writer.flush();
    if (this.#writer.queuedBytes < REPLY_HIGH_WATER_BYTES || this.#isClosing) return false;
    this.#timestamps.blockedSince = now;
    this.#socket.pause();
    this.#socket.once('drain', () => this.#unpause());
    return true;
  }

  /** Stops reading until the rate limit allows more messages. */
  #throttle(now: number): void {
    if (!this.#rateLimitReported) {
      this.#rateLimitReported = true;
      this.#owner.onRefused('rate_limited', this);
      this.sendError('rate_limited', 'message rate limit exceeded; reading more slowly from now on');
    }
    this.#timestamps.throttled = true;
    this.#socket.pause();
    this.#resumeTimer = setTimeout(this.#onTurn, this.#reader.msUntilResume(now));
  }

  /** Stops reading until other connections have been served. */
  #waitForTurn(): void {
    this.#timestamps.throttled = true;
    this.#socket.pause();
    this.#owner.scheduler.enqueue(this.#onTurn);
  }

  get #paused(): boolean {
    return this.#timestamps.throttled || this.#timestamps.blockedSince !== undefined;
  }

  #unpause(): void {
    if (!this.#paused) return;
    clearTimeout(this.#resumeTimer);
    this.#owner.scheduler.dequeue(this.#onTurn);
    this.#timestamps.throttled = false;
    this.#timestamps.blockedSince = undefined;
    this.#timestamps.incompleteSince = undefined;
    if (this.#isClosing) return;
    this.#readMessages();
    if (!this.#paused) this.#socket.resume();
  }

  #onEnd(): void {
    this.#halfClosed = true;
    if (!this.#paused && !this.#isClosing) this.#finishReading();
  }

  /** Handles what is left after the other end has half-closed, and closes. */
  #finishReading(): void {
    this.#halfClosed = false;
    for (const decoded of this.#reader.end()) this.#handle(decoded);
    this.end(CLOSED_BY_PEER);
  }

  #updateBufferedBytes(): void {
    const bytes = this.#socket.destroyed ? 0 : this.#reader.memoryBytes + this.#writer.ownQueuedBytes;
    const change = bytes - this.#bufferedBytes;
    this.#bufferedBytes = bytes;
    if (change !== 0) this.#owner.onBufferedBytes(change);
  }

  #releaseBuffers(): void {
    this.#writer.discard();
    this.#updateBufferedBytes();
  }

  #onDeadline(): void {
    const { reason } = connectionDeadline(this.#timestamps, this.#owner.limits);
    if (reason === 'ended' || reason === 'unread' || reason === 'dead') {
      this.drop(reason);
      return;
    }
    if (reason === 'unfinished')
      this.sendError('invalid_json', `a message must be complete within ${this.#owner.limits.messageTimeoutMs} ms`);
    this.end(reason);
  }

  #onFinish(): void {
    this.#timestamps.flushedAt = this.#owner.now();
    this.#deadlineTimer.arm();
  }

  /** The first reason is the cause; later ones follow from it. */
  #setCloseReason(reason: string): void {
    if (this.#closeReason === CLOSED_BY_PEER) this.#closeReason = reason;
  }

  #onClose(): void {
    this.#deadlineTimer.stop();
    clearTimeout(this.#resumeTimer);
    this.#owner.scheduler.dequeue(this.#onTurn);
    this.#releaseBuffers();
    this.#owner.onClosed(this, this.#closeReason);
  }
}
