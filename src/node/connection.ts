import type { Socket } from 'node:net';
import {
  type Counters,
  type ErrorCode,
  errorMessage,
  type Hello,
  type Limits,
  type Message,
  type Traffic,
} from '../protocol/index.ts';
import { newTraffic } from './counters.ts';
import { deadline, type Facts } from './deadline.ts';
import type { Ends } from './ends.ts';
import { Expiry } from './expiry.ts';
import type { Context, Sender } from './handler.ts';
import { Incoming } from './incoming.ts';
import type { Log } from './log.ts';
import { Outgoing } from './outgoing.ts';
import type { Parcel } from './parcel.ts';
import type { Turns } from './turns.ts';

/**
 * Bytes of replies that may wait for a client before no more of its messages are read. It is small: a client gets
 * its replies by reading them, and one that does not should cost little.
 */
const HIGH_WATER = 65_536;

/** Longest (ms) that the messages of one connection are served before others have their turn. */
const TURN = 1;
/** Bytes of a message from which on it may take long. */
const LARGE = 65_536;

/** Whom a connection belongs to. */
export interface Owner {
  readonly limits: Limits;
  readonly counters: Counters;
  readonly log: Log;
  /** Milliseconds that do not go back. */
  now(): number;
  /** What handlers of this connection's messages get. */
  contextFor(connection: Connection): Context;
  /** A message came; returns the reply to it, if any. Must not throw. */
  receive(message: Message, connection: Connection): Message | undefined;
  /** More (or less) is held for a connection. */
  held(bytes: number): void;
  /** For those that have more to do than one turn allows. */
  readonly turns: Turns;
  /** It was refused: `what` is for a log. */
  refused(what: string, connection: Connection): void;
  closed(connection: Connection, reason: string): void;
}

/** One socket: bytes to messages and replies to bytes, at a pace both ends and the limits allow, until it is over. */
export class Connection implements Sender {
  readonly host: string;
  readonly port: number;
  readonly local: string;
  readonly dialed: boolean;
  readonly context: Context;
  readonly #owner: Owner;
  readonly #socket: Socket;
  readonly #in: Incoming;
  readonly #out: Outgoing;
  readonly #traffic: Traffic;
  readonly #facts: Facts;
  readonly #expiry: Expiry;
  #hello: Hello | undefined;
  #reading = false;
  #warned = false;
  #held = 0;
  #halfClosed = false;
  #resume: NodeJS.Timeout | undefined;
  readonly #turn = () => this.#unpause();
  #reason = 'closed by the other end';

  /** The socket is connected, and may be half-open. What goes over it is added to `traffic`. */
  constructor(socket: Socket, ends: Ends, dialed: boolean, owner: Owner, traffic: Traffic = newTraffic()) {
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
    this.#out = new Outgoing(socket, owner, traffic, () => this.drop('it does not read what it is sent'));
    this.#in = new Incoming(limits, now);
    if (dialed) this.#in.becomeLink(now);
    this.#facts = { lasting: dialed, openedAt: now, heardAt: now, throttled: false };
    const due = () => deadline(this.#facts, limits).at;
    this.#expiry = new Expiry(due, owner.now, () => this.#expired());
    socket.on('data', (chunk) => this.#chunk(chunk));
    socket.on('end', () => this.#halfClose());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#because(error.code ?? error.message));
    socket.on('drain', () => this.#account());
    socket.on('finish', () => this.#finished());
    socket.on('close', () => this.#closed());
    this.#expiry.arm();
  }

  /** What the other end said of itself. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** The other end said hello: the connection lasts, and more may come by it. */
  greet(hello: Hello): void {
    if (!this.#facts.lasting) this.#in.becomeLink(this.#owner.now());
    this.#hello = hello;
    this.#facts.lasting = true;
  }

  get lasting(): boolean {
    return this.#facts.lasting;
  }

  get heardAt(): number {
    return this.#facts.heardAt;
  }

  /** Bytes held for the other end, whether they are held for others as well or not. */
  get held(): number {
    return this.#socket.destroyed ? 0 : this.#in.kept + this.#out.waiting;
  }

  /** Sends a message; while messages are being read it leaves with the replies to them, in order. */
  send(message: Message): void {
    if (this.#over) return;
    this.#out.add(message);
    this.#replied();
    if (this.#reading) return;
    this.#out.flush();
    this.#expiry.arm();
  }

  /** Sends one message as it is. False when too much was waiting already: the connection is then dropped. */
  write(parcel: Parcel): boolean {
    return !this.#over && this.#out.write(parcel);
  }

  /** Sends one message that was asked for. False when too much is waiting already; the connection stays as it is. */
  offer(parcel: Parcel): boolean {
    if (this.#over || this.#out.waiting > this.#owner.limits.maxSendQueue) return false;
    this.#replied();
    return this.#out.write(parcel);
  }

  /** Sends an error; but not to a peer that said no hello, as that could take it for a request and answer it. */
  complain(code: ErrorCode, why: string): void {
    if (this.dialed && this.#hello === undefined) return;
    this.#owner.counters.errors_out++;
    this.send(errorMessage(code, why));
  }

  /** Says the last word: what was sent still leaves, nothing more is read. */
  end(reason: string): void {
    if (this.#over) return;
    this.#because(reason);
    this.#out.flush();
    this.#facts.endingAt = this.#owner.now();
    this.#unpause();
    this.#socket.end();
    this.#socket.resume();
    this.#expiry.arm();
  }

  /** Ends at once. What was not sent is lost, and with a reset the system keeps none of it either. */
  drop(reason: string): void {
    this.#because(reason);
    if (this.#facts.endedAt === undefined) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
    this.#release();
  }

  get #over(): boolean {
    return this.#facts.endingAt !== undefined || this.#socket.destroyed;
  }

  #replied(): void {
    this.#facts.repliedAt = this.#reading ? this.#facts.servedAt : this.#owner.now();
  }

  #chunk(chunk: Buffer): void {
    this.#owner.counters.bytes_in += chunk.length;
    this.#traffic.bytes_in += chunk.length;
    // After the last word the rest is read and forgotten: a reset would destroy that word on its way.
    if (this.#over) return;
    this.#facts.heardAt = this.#owner.now();
    this.#in.feed(chunk);
    const { turns } = this.#owner;
    const later = turns.over || (turns.hurried && this.#in.pending > LARGE);
    if (later && !this.#paused) this.#waitForTurn();
    else this.#read();
  }

  /** Reads messages until there are none, or one end has had enough. */
  #read(): void {
    const facts = this.#facts;
    const now = this.#owner.now();
    let some = false;
    this.#reading = true;
    while (!this.#over) {
      if (this.#isBacklogged(now)) break;
      const decoded = this.#in.next(now);
      if (decoded === undefined) break;
      if (decoded === 'too many') {
        this.#throttle(now);
        break;
      }
      some = true;
      facts.servedAt = now;
      if (decoded.message !== undefined) this.#serve(decoded.message);
      else this.#refuse(decoded.error.code, decoded.error.message, decoded.fatal);
      if (this.#in.unread > 0 && this.#owner.now() - now >= TURN) {
        this.#waitForTurn();
        break;
      }
    }
    this.#reading = false;
    this.#out.flush();
    this.#owner.turns.spend(this.#owner.now() - now);
    const { pending } = this.#in;
    if (pending === 0) facts.unfinishedAt = undefined;
    else if (some || facts.unfinishedAt === undefined) facts.unfinishedAt = now;
    this.#expiry.arm();
    this.#account();
    if (this.#halfClosed && !this.#paused) this.#finish();
  }

  #serve(message: Message): void {
    this.#owner.counters.messages_in++;
    this.#traffic.messages_in++;
    const reply = this.#owner.receive(message, this);
    if (reply !== undefined) this.send(reply);
  }

  #refuse(code: ErrorCode, why: string, fatal: boolean): void {
    this.#owner.refused(`${code}: ${why}`, this);
    this.complain(code, why);
    if (fatal) this.end(code);
  }

  /** Whether so many replies wait to be read that no more are made. If so, reading goes on when they have been. */
  #isBacklogged(now: number): boolean {
    // A link is always read: if both its ends waited for the other to read, neither ever would.
    if (this.dialed || this.#out.waiting < HIGH_WATER) return false;
    this.#out.flush();
    if (this.#out.waiting < HIGH_WATER || this.#over) return false;
    this.#facts.blockedAt = now;
    this.#socket.pause();
    this.#socket.once('drain', () => this.#unpause());
    return true;
  }

  /** Reads on when some more messages are allowed. */
  #throttle(now: number): void {
    if (!this.#warned) {
      this.#warned = true;
      this.#owner.refused('rate_limited', this);
      this.complain('rate_limited', 'more messages than allowed; the rest will be read slowly');
    }
    this.#facts.throttled = true;
    this.#socket.pause();
    this.#resume = setTimeout(() => this.#unpause(), this.#in.wait(now));
  }

  /** Reads on when others have been served. */
  #waitForTurn(): void {
    this.#facts.throttled = true;
    this.#socket.pause();
    this.#owner.turns.wait(this.#turn);
  }

  get #paused(): boolean {
    return this.#facts.throttled || this.#facts.blockedAt !== undefined;
  }

  #unpause(): void {
    if (!this.#paused) return;
    clearTimeout(this.#resume);
    this.#owner.turns.leave(this.#turn);
    this.#facts.throttled = false;
    this.#facts.blockedAt = undefined;
    this.#facts.unfinishedAt = undefined;
    if (this.#over) return;
    this.#read();
    if (!this.#paused) this.#socket.resume();
  }

  #halfClose(): void {
    this.#halfClosed = true;
    if (!this.#paused && !this.#over) this.#finish();
  }

  /** Everything the other end will ever send has been read. */
  #finish(): void {
    this.#halfClosed = false;
    for (const decoded of this.#in.end()) {
      if (decoded.message !== undefined) this.#serve(decoded.message);
      else this.#refuse(decoded.error.code, decoded.error.message, decoded.fatal);
    }
    this.end('closed by the other end');
  }

  #account(): void {
    this.#hold(this.#socket.destroyed ? 0 : this.#in.kept + this.#out.own);
  }

  #release(): void {
    this.#out.abandon();
    this.#hold(0);
  }

  #hold(bytes: number): void {
    const change = bytes - this.#held;
    this.#held = bytes;
    if (change !== 0) this.#owner.held(change);
  }

  #expired(): void {
    const { verdict } = deadline(this.#facts, this.#owner.limits);
    switch (verdict) {
      case 'served':
      case 'silent':
        this.end(verdict);
        break;
      case 'unfinished':
        this.complain('invalid_json', `a message must be complete within ${this.#owner.limits.messageTimeoutMs} ms`);
        this.end(verdict);
        break;
      case 'ended':
      case 'unread':
      case 'dead':
        this.drop(verdict);
    }
  }

  #finished(): void {
    this.#facts.endedAt = this.#owner.now();
    this.#expiry.arm();
  }

  #because(reason: string): void {
    if (this.#reason === 'closed by the other end') this.#reason = reason;
  }

  #closed(): void {
    this.#expiry.stop();
    clearTimeout(this.#resume);
    this.#owner.turns.leave(this.#turn);
    this.#release();
    this.#owner.closed(this, this.#reason);
  }
}
