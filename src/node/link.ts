import { connect, isIP, type Socket } from 'node:net';
import { afterReading } from '../after-reading.ts';
import {
  type Address,
  formatAddress,
  type Hello,
  type Message,
  type PeerStatus,
  type Traffic,
} from '../protocol/index.ts';
import { backoff } from './backoff.ts';
import type { Connection, Owner } from './connection.ts';
import { newTraffic } from './counters.ts';
import { sendAlone } from './oneshot.ts';
import type { Parcel } from './parcel.ts';

/** What a link needs of its node. */
export interface LinkOwner extends Owner {
  readonly random: () => number;
  /** Address to dial from, where the node is bound to a single one. */
  readonly source: string | undefined;
  /** Reads a connected socket; undefined when it is gone already. */
  open(socket: Socket, link: Link): Connection | undefined;
  /** What this node says of itself on a connection. */
  introduce(connection: Connection, link: Link): Hello;
}

/** Connections for single messages that one peer may have at once. */
const MOST_ALONE = 8;

/**
 * The way to one peer, from being told of it until it is removed. It dials, says hello, keeps the connection alive, and
 * dials again when it is lost. A peer that does not answer the hello gets each message on a connection of its own,
 * while the first one is left to stand: it shows that the peer is there, and a late hello still counts.
 */
export class Link {
  /** `host:port` */
  readonly listen: string;
  readonly peer: Address;
  /** Told in its hello, so that a node that dialed itself finds out. */
  readonly number: number;
  /** What went over it, on whichever connection. */
  readonly traffic: Traffic = newTraffic();
  readonly #owner: LinkOwner;
  #state: PeerStatus['state'] = 'dialing';
  #mode: PeerStatus['mode'] = null;
  #changedAt: number;
  #attempts = 0;
  #rtt: number | null = null;
  #reason: string | null = null;
  #socket: Socket | undefined;
  #connection: Connection | undefined;
  /** Messages that wait for the mode to be known, or for their own connection. */
  #waiting: Parcel[] = [];
  #waitingBytes = 0;
  readonly #alone = new Set<Socket>();
  /** Runs out when the next thing is due: the end of a dial, the wait for a hello, a ping, a redial. */
  #cancel = () => {};
  #connectedAt = 0;
  #askedAt: number | undefined;
  #pings = 0;
  #stopped = false;

  constructor(peer: Address, number: number, owner: LinkOwner) {
    this.peer = peer;
    this.listen = formatAddress(peer);
    this.number = number;
    this.#owner = owner;
    this.#changedAt = owner.now();
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  get hello(): Hello | undefined {
    return this.#connection?.hello;
  }

  get status(): PeerStatus {
    return {
      peer: this.listen,
      state: this.#state,
      mode: this.#mode,
      name: this.hello?.name ?? null,
      rtt_ms: this.#rtt,
      since: Math.max(0, Math.round(this.#owner.now() - this.#changedAt)) / 1_000,
      attempts: this.#attempts,
      reason: this.#reason,
      ...this.traffic,
    };
  }

  /** Bytes that wait to be sent to the peer. */
  get held(): number {
    return this.#waitingBytes + (this.#connection?.held ?? 0);
  }

  /** Frees what is held for the peer; it is dialed again. */
  giveUp(reason: string): void {
    this.#forget();
    for (const socket of this.#alone) socket.resetAndDestroy();
    this.#connection?.drop(reason);
  }

  /** Dials now. */
  dial(): void {
    const { limits, counters } = this.#owner;
    counters.dials++;
    if (this.#state !== 'up') this.#become('dialing');
    const socket = this.#dial();
    this.#socket = socket;
    let failure = 'closed';
    const failed = () => this.#failed(failure);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
    });
    socket.on('close', failed);
    this.#after(limits.dialTimeoutMs, () => {
      failure = 'ETIMEDOUT';
      socket.destroy();
    });
    socket.on('connect', () => {
      socket.off('close', failed);
      this.#connected(socket);
    });
  }

  /** Dials at once if it is waiting to: the peer was heard of. */
  wake(): void {
    if (this.#state === 'waiting' && !this.#stopped) this.dial();
  }

  /** Ends the link for good. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#forget();
    for (const socket of this.#alone) socket.destroy();
    if (this.#connection !== undefined) this.#connection.end('removed');
    else this.#socket?.destroy();
  }

  /** Sends one message, now or once it is known how. False when it is given up. */
  send(parcel: Parcel): boolean {
    if (this.#mode === 'link' && this.#connection !== undefined) return this.#connection.write(parcel);
    if (this.#state === 'waiting' || this.#waitingBytes > this.#owner.limits.maxSendQueue) return false;
    parcel.take();
    this.#waiting.push(parcel);
    this.#waitingBytes += parcel.bytes.length;
    if (this.#mode === 'oneshot') this.#sendNext();
    return true;
  }

  /** The peer answered the hello. */
  greeted(): void {
    this.#measured();
    this.#up('link');
    for (const parcel of this.#take()) {
      this.#connection?.write(parcel);
      parcel.release();
    }
  }

  /** The peer answered a ping. */
  ponged(message: Message): void {
    if (message.payload === this.#pings) this.#measured();
  }

  /** The connection is over. */
  lost(reason: string): void {
    const held = this.#owner.now() - this.#connectedAt;
    this.#connection = undefined;
    this.#reason = reason;
    if (this.#stopped) return;
    if (held > this.#owner.limits.redialMaxMs) this.#attempts = 0;
    if (this.#mode === 'link') {
      this.#down(reason);
      this.#mode = null;
    } else {
      // It took the connection, so it is there; that it knows no hello is all there is to learn.
      this.#up('oneshot');
    }
    this.#redial();
  }

  #connected(socket: Socket): void {
    const connection = this.#owner.open(socket, this);
    if (connection === undefined) {
      this.#failed('closed');
      return;
    }
    this.#connection = connection;
    const hello: Message = { message_type: 'hello', payload: this.#owner.introduce(connection, this) };
    this.#connectedAt = this.#owner.now();
    this.#askedAt = this.#connectedAt;
    connection.send(hello);
    this.#after(this.#owner.limits.helloWaitMs, () => {
      this.#up('oneshot');
      this.#keepAlive();
    });
  }

  #keepAlive(): void {
    this.#after(this.#owner.limits.pingIntervalMs, () => {
      this.#askedAt = this.#owner.now();
      this.#connection?.send({ message_type: 'ping', payload: ++this.#pings });
      this.#keepAlive();
    });
  }

  #measured(): void {
    if (this.#askedAt === undefined) return;
    this.#rtt = Math.round((this.#owner.now() - this.#askedAt) * 1_000) / 1_000;
    this.#askedAt = undefined;
  }

  #failed(reason: string): void {
    this.#socket = undefined;
    if (this.#stopped) return;
    this.#reason = reason;
    if (this.#state === 'up') this.#down(reason);
    else this.#owner.log.debug('dial_failed', { peer: this.listen, reason, attempts: this.#attempts + 1 });
    this.#redial();
  }

  #redial(): void {
    this.#attempts++;
    const { redialMinMs, redialMaxMs } = this.#owner.limits;
    if (this.#state !== 'up') {
      this.#become('waiting');
      this.#forget();
    }
    const wait = backoff(this.#attempts, { min: redialMinMs, max: redialMaxMs }, this.#owner.random());
    this.#after(wait, () => this.dial());
  }

  #up(mode: 'link' | 'oneshot'): void {
    const news = this.#state !== 'up' || this.#mode !== mode;
    this.#mode = mode;
    this.#reason = null;
    if (this.#state !== 'up') this.#become('up');
    if (news) this.#owner.log.info('link_up', { peer: this.listen, mode, name: this.hello?.name, rtt_ms: this.#rtt });
    if (mode === 'link') this.#keepAlive();
    else this.#sendNext();
  }

  #down(reason: string): void {
    this.#become('waiting');
    this.#rtt = null;
    this.#owner.log.info('link_down', { peer: this.listen, reason });
  }

  #become(state: PeerStatus['state']): void {
    this.#state = state;
    this.#changedAt = this.#owner.now();
  }

  #sendNext(): void {
    const parcel = this.#alone.size < MOST_ALONE ? this.#waiting.shift() : undefined;
    if (parcel === undefined) return;
    const { length } = parcel.bytes;
    this.#waitingBytes -= length;
    const { limits, counters } = this.#owner;
    const socket = sendAlone(parcel.bytes, {
      dial: () => this.#dial(),
      timeout: limits.messageTimeoutMs,
      linger: limits.helloWaitMs,
      done: (sent) => {
        this.#alone.delete(socket);
        parcel.release();
        if (sent) {
          for (const count of [counters, this.traffic]) {
            count.messages_out++;
            count.bytes_out += length;
          }
        } else {
          counters.dropped++;
        }
        if (!this.#stopped) this.#sendNext();
      },
    });
    this.#alone.add(socket);
    this.#sendNext();
  }

  #dial(): Socket {
    const { host, port } = this.peer;
    const { source } = this.#owner;
    const local = source !== undefined && isIP(source) === isIP(host) ? { localAddress: source } : {};
    return connect({ host, port, noDelay: true, allowHalfOpen: true, ...local });
  }

  #after(wait: number, then: () => void): void {
    this.#cancel();
    if (!this.#stopped) this.#cancel = afterReading(wait, then);
  }

  #take(): Parcel[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return waiting;
  }

  #forget(): void {
    const given = this.#take();
    for (const parcel of given) parcel.release();
    this.#owner.counters.dropped += given.length;
  }
}
