import type { Socket } from 'node:net';
import {
  type Counters,
  errorMessage,
  type Hello,
  type Limits,
  type Message,
  type ProtocolErrorCode,
  type Traffic,
} from '../../protocol/index.ts';
import { type ConnectionTimestamps, connectionDeadline } from '../limits/connection-deadline.ts';
import { DeadlineTimer } from '../limits/deadline-timer.ts';
import type { FairScheduler } from '../limits/fair-scheduler.ts';
import type { Log } from '../log/log.ts';
import type { HandlerContext, Sender } from '../messages/message-handler.ts';
import { newTraffic } from './counters.ts';
import { MessageReader } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';
import type { SharedBuffer } from './shared-buffer.ts';
import type { SocketAddresses } from './socket-addresses.ts';

/**
 * Bytes of replies that may wait for a client before no more of its messages are read. It is small: a client gets
 * its replies by reading them, and one that does not should cost little.
 */
const REPLY_HIGH_WATER_BYTES = 65_536;

/** Longest (ms) that the messages of one connection are served before others have their turn. */
const MAX_TURN_MS = 1;
/** Bytes of a message from which on it may take long. */
const LARGE_MESSAGE_BYTES = 65_536;

/** Whom a connection belongs to. */
export interface ConnectionOwner {
  readonly limits: Limits;
  readonly counters: Counters;
  readonly log: Log;
  /** Milliseconds that do not go back. */
  now(): number;
  /** What handlers of this connection's messages get. */
  contextFor(connection: Connection): HandlerContext;
  /** A message came; returns the reply to it, if any. Must not throw. */
  handleMessage(message: Message, connection: Connection): Message | undefined;
  /** More (or less) is held for a connection. */
  onBufferedBytes(bytes: number): void;
  /** For those that have more to do than one turn allows. */
  readonly scheduler: FairScheduler;
  /** It was refused: `what` is for a log. */
  onRefused(what: string, connection: Connection): void;
  onClosed(connection: Connection, reason: string): void;
}

/** One socket: bytes to messages and replies to bytes, at a pace both ends and the limits allow, until it is over. */
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
  #reason = 'closed by the other end';

  /** The socket is connected, and may be half-open. What goes over it is added to `traffic`. */
  constructor(
    socket: Socket,
    ends: SocketAddresses,
    dialed: boolean,
    owner: ConnectionOwner,
    traffic: Traffic = newTraffic(),
  ) {
    this.#socket = socket;
    this.host = ends.host;
    this.port = ends.port;
    this.local = ends.local;
    this.dialed = dialed;
    this.#owner = owner;
    this.#traffic = traffic;
    this.context = owner.contextFor(this);
    const { limits } = owner;
    const now = owner.now();
    this.#writer = new MessageWriter(socket, owner, traffic, () => this.drop('it does not read what it is sent'));
    this.#reader = new MessageReader(limits, now);
    if (dialed) this.#reader.becomeLink(now);
    this.#timestamps = { isLink: dialed, openedAt: now, lastByteAt: now, throttled: false };
    const due = () => connectionDeadline(this.#timestamps, limits).at;
    this.#deadlineTimer = new DeadlineTimer(due, owner.now, () => this.#onDeadline());
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#setReason(error.code ?? error.message));
    socket.on('drain', () => this.#updateBufferedBytes());
    socket.on('finish', () => this.#onFinish());
    socket.on('close', () => this.#onClose());
    this.#deadlineTimer.arm();
  }

  /** What the other end said of itself. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** The other end said hello: the connection lasts, and more may come by it. */
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

  /** Bytes held for the other end, whether they are held for others as well or not. */
  get bufferedBytes(): number {
    return this.#socket.destroyed ? 0 : this.#reader.memoryBytes + this.#writer.queuedBytes;
  }

  /** Sends a message; while messages are being read it leaves with the replies to them, in order. */
  send(message: Message): void {
    if (this.#isClosing) return;
    this.#writer.append(message);
    this.#markReplied();
    if (this.#reading) return;
    this.#writer.flush();
    this.#deadlineTimer.arm();
  }

  /** Sends one message as it is. False when too much was waiting already: the connection is then dropped. */
  sendBuffer(parcel: SharedBuffer): boolean {
    return !this.#isClosing && this.#writer.writeBuffer(parcel);
  }

  /** Sends one message that was asked for. False when too much is waiting already; the connection stays as it is. */
  offerBuffer(parcel: SharedBuffer): boolean {
    if (this.#isClosing || this.#writer.queuedBytes > this.#owner.limits.maxSendQueue) return false;
    this.#markReplied();
    return this.#writer.writeBuffer(parcel);
  }

  /** Sends an error; but not to a peer that said no hello, as that could take it for a request and answer it. */
  sendError(code: ProtocolErrorCode, why: string): void {
    if (this.dialed && this.#hello === undefined) return;
    this.#owner.counters.errors_out++;
    this.send(errorMessage(code, why));
  }

  /** Says the last word: what was sent still leaves, nothing more is read. */
  end(reason: string): void {
    if (this.#isClosing) return;
    this.#setReason(reason);
    this.#writer.flush();
    this.#timestamps.endingSince = this.#owner.now();
    this.#unpause();
    this.#socket.end();
    this.#socket.resume();
    this.#deadlineTimer.arm();
  }

  /** Ends at once. What was not sent is lost, and with a reset the system keeps none of it either. */
  drop(reason: string): void {
    this.#setReason(reason);
    if (this.#timestamps.flushedAt === undefined) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
    this.#release();
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
    // After the last word the rest is read and forgotten: a reset would destroy that word on its way.
    if (this.#isClosing) return;
    this.#timestamps.lastByteAt = this.#owner.now();
    this.#reader.feed(chunk);
    const { scheduler: turns } = this.#owner;
    const later = turns.isRoundOver || (turns.isAccepting && this.#reader.pendingBytes > LARGE_MESSAGE_BYTES);
    if (later && !this.#paused) this.#waitForTurn();
    else this.#readMessages();
  }

  /** Reads messages until there are none, or one end has had enough. */
  #readMessages(): void {
    const facts = this.#timestamps;
    const now = this.#owner.now();
    let some = false;
    this.#reading = true;
    while (!this.#isClosing) {
      if (this.#isBacklogged(now)) break;
      const decoded = this.#reader.next(now);
      if (decoded === undefined) break;
      if (decoded === 'too many') {
        this.#throttle(now);
        break;
      }
      some = true;
      facts.lastMessageAt = now;
      if (decoded.message !== undefined) this.#serve(decoded.message);
      else this.#refuse(decoded.error.code, decoded.error.message, decoded.fatal);
      if (this.#reader.unreadBytes > 0 && this.#owner.now() - now >= MAX_TURN_MS) {
        this.#waitForTurn();
        break;
      }
    }
    this.#reading = false;
    this.#writer.flush();
    this.#owner.scheduler.recordWork(this.#owner.now() - now);
    const { pendingBytes: pending } = this.#reader;
    if (pending === 0) facts.incompleteSince = undefined;
    else if (some || facts.incompleteSince === undefined) facts.incompleteSince = now;
    this.#deadlineTimer.arm();
    this.#updateBufferedBytes();
    if (this.#halfClosed && !this.#paused) this.#finishReading();
  }

  #serve(message: Message): void {
    this.#owner.counters.messages_in++;
    this.#traffic.messages_in++;
    const reply = this.#owner.handleMessage(message, this);
    if (reply !== undefined) this.send(reply);
  }

  #refuse(code: ProtocolErrorCode, why: string, fatal: boolean): void {
    this.#owner.onRefused(`${code}: ${why}`, this);
    this.sendError(code, why);
    if (fatal) this.end(code);
  }

  /** Whether so many replies wait to be read that no more are made. If so, reading goes on when they have been. */
  #isBacklogged(now: number): boolean {
    // A link is always read: if both its ends waited for the other to read, neither ever would.
    if (this.dialed || this.#writer.queuedBytes < REPLY_HIGH_WATER_BYTES) return false;
    this.#writer.flush();
    if (this.#writer.queuedBytes < REPLY_HIGH_WATER_BYTES || this.#isClosing) return false;
    this.#timestamps.blockedSince = now;
    this.#socket.pause();
    this.#socket.once('drain', () => this.#unpause());
    return true;
  }

  /** Reads on when some more messages are allowed. */
  #throttle(now: number): void {
    if (!this.#rateLimitReported) {
      this.#rateLimitReported = true;
      this.#owner.onRefused('rate_limited', this);
      this.sendError('rate_limited', 'more messages than allowed; the rest will be read slowly');
    }
    this.#timestamps.throttled = true;
    this.#socket.pause();
    this.#resumeTimer = setTimeout(() => this.#unpause(), this.#reader.msUntilResume(now));
  }

  /** Reads on when others have been served. */
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

  /** Everything the other end will ever send has been read. */
  #finishReading(): void {
    this.#halfClosed = false;
    for (const decoded of this.#reader.end()) {
      if (decoded.message !== undefined) this.#serve(decoded.message);
      else this.#refuse(decoded.error.code, decoded.error.message, decoded.fatal);
    }
    this.end('closed by the other end');
  }

  #updateBufferedBytes(): void {
    this.#setBufferedBytes(this.#socket.destroyed ? 0 : this.#reader.memoryBytes + this.#writer.ownQueuedBytes);
  }

  #release(): void {
    this.#writer.discard();
    this.#setBufferedBytes(0);
  }

  #setBufferedBytes(bytes: number): void {
    const change = bytes - this.#bufferedBytes;
    this.#bufferedBytes = bytes;
    if (change !== 0) this.#owner.onBufferedBytes(change);
  }

  #onDeadline(): void {
    const { verdict } = connectionDeadline(this.#timestamps, this.#owner.limits);
    switch (verdict) {
      case 'served':
      case 'silent':
        this.end(verdict);
        break;
      case 'unfinished':
        this.sendError('invalid_json', `a message must be complete within ${this.#owner.limits.messageTimeoutMs} ms`);
        this.end(verdict);
        break;
      case 'ended':
      case 'unread':
      case 'dead':
        this.drop(verdict);
    }
  }

  #onFinish(): void {
    this.#timestamps.flushedAt = this.#owner.now();
    this.#deadlineTimer.arm();
  }

  #setReason(reason: string): void {
    if (this.#reason === 'closed by the other end') this.#reason = reason;
  }

  #onClose(): void {
    this.#deadlineTimer.stop();
    clearTimeout(this.#resumeTimer);
    this.#owner.scheduler.dequeue(this.#onTurn);
    this.#release();
    this.#owner.onClosed(this, this.#reason);
  }
}
