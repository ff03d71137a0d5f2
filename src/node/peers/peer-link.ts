import { connect, isIP, type Socket } from 'node:net';
import {
  type Address,
  formatAddress,
  type Hello,
  type Message,
  type PeerStatus,
  type Traffic,
} from '../../protocol/index.ts';
import { setTimeoutAfterIo } from '../../shared/timeout-after-io.ts';
import type { Connection, ConnectionOwner } from '../connection/connection.ts';
import { newTraffic } from '../connection/counters.ts';
import type { SharedBuffer } from '../connection/shared-buffer.ts';
import { redialDelayMs } from './redial-backoff.ts';
import { sendOnce } from './send-once.ts';

/** What a link needs of its node. */
export interface PeerLinkOwner extends ConnectionOwner {
  readonly random: () => number;
  /** Address to dial from, where the node is bound to a single one. */
  readonly localAddress: string | undefined;
  /** Reads a connected socket; undefined when it is gone already. */
  openConnection(socket: Socket, link: PeerLink): Connection | undefined;
  /** What this node says of itself on a connection. */
  createHello(connection: Connection, link: PeerLink): Hello;
}

/** Connections for single messages that one peer may have at once. */
const MAX_ONE_SHOT_CONNECTIONS = 8;

/**
 * The way to one peer, from being told of it until it is removed. It dials, says hello, keeps the connection alive, and
 * dials again when it is lost. A peer that does not answer the hello gets each message on a connection of its own,
 * while the first one is left to stand: it shows that the peer is there, and a late hello still counts.
 */
export class PeerLink {
  /** `host:port` */
  readonly listen: string;
  readonly peer: Address;
  /** Told in its hello, so that a node that dialed itself finds out. */
  readonly linkNumber: number;
  /** What went over it, on whichever connection. */
  readonly traffic: Traffic = newTraffic();
  readonly #owner: PeerLinkOwner;
  #state: PeerStatus['state'] = 'dialing';
  #mode: PeerStatus['mode'] = null;
  #changedAt: number;
  #attempts = 0;
  #rtt: number | null = null;
  #rttMeasuredAt = 0;
  #reason: string | null = null;
  #socket: Socket | undefined;
  #connection: Connection | undefined;
  /** Messages that wait for the mode to be known, or for their own connection. */
  #waiting: SharedBuffer[] = [];
  #waitingBytes = 0;
  readonly #oneShotSockets = new Set<Socket>();
  /** Runs out when the next thing is due: the end of a dial, the wait for a hello, a ping, a redial. */
  #cancelTimer = () => {};
  #connectedAt = 0;
  #requestSentAt: number | undefined;
  #pingCount = 0;
  /** Waits for the round trip that is being measured. */
  #roundTripWaiters: (() => void)[] = [];
  #stopped = false;

  constructor(peer: Address, number: number, owner: PeerLinkOwner) {
    this.peer = peer;
    this.listen = formatAddress(peer);
    this.linkNumber = number;
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
      rtt_age_ms: this.#rtt === null ? null : Math.round(this.#owner.now() - this.#rttMeasuredAt),
      since: Math.max(0, Math.round(this.#owner.now() - this.#changedAt)) / 1_000,
      attempts: this.#attempts,
      reason: this.#reason,
      ...this.traffic,
    };
  }

  /** Bytes that wait to be sent to the peer. */
  get bufferedBytes(): number {
    return this.#waitingBytes + (this.#connection?.bufferedBytes ?? 0);
  }

  /** Frees what is held for the peer; it is dialed again. */
  dropQueued(reason: string): void {
    this.#dropWaiting();
    for (const socket of this.#oneShotSockets) socket.resetAndDestroy();
    this.#connection?.drop(reason);
  }

  /** Dials now. */
  dial(): void {
    const { limits, counters } = this.#owner;
    counters.dials++;
    if (this.#state !== 'up') this.#setState('dialing');
    const socket = this.#openSocket();
    this.#socket = socket;
    let failure = 'closed';
    const failed = () => this.#onDialFailed(failure);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
    });
    socket.on('close', failed);
    this.#setTimer(limits.dialTimeoutMs, () => {
      failure = 'ETIMEDOUT';
      socket.destroy();
    });
    socket.on('connect', () => {
      socket.off('close', failed);
      this.#onConnected(socket);
    });
  }

  /** Dials at once if it is waiting to: the peer was heard of. */
  redialNow(): void {
    if (this.#state === 'waiting' && !this.#stopped) this.dial();
  }

  /** Ends the link for good. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#dropWaiting();
    for (const socket of this.#oneShotSockets) socket.destroy();
    if (this.#connection !== undefined) this.#connection.end('removed');
    else this.#socket?.destroy();
  }

  /** Sends one message, now or once it is known how. False when it is given up. */
  send(parcel: SharedBuffer): boolean {
    if (this.#mode === 'link' && this.#connection !== undefined) return this.#connection.sendBuffer(parcel);
    if (this.#state === 'waiting' || this.#waitingBytes > this.#owner.limits.maxSendQueue) return false;
    parcel.retain();
    this.#waiting.push(parcel);
    this.#waitingBytes += parcel.bytes.length;
    if (this.#mode === 'oneshot') this.#sendNext();
    return true;
  }

  /** The peer answered the hello. */
  onHello(): void {
    this.#recordRoundTrip();
    this.#markUp('link');
    for (const parcel of this.#takeWaiting()) {
      this.#connection?.sendBuffer(parcel);
      parcel.release();
    }
  }

  /**
   * Pings the peer if its round trip was measured more than `maxAgeMs` ago. Resolves when the pong has come, or when
   * none can: there is no link, or it has ended.
   */
  measureRoundTrip(maxAgeMs: number): Promise<void> {
    const isFresh = this.#rtt !== null && this.#owner.now() - this.#rttMeasuredAt <= maxAgeMs;
    if (this.#mode !== 'link' || this.#connection === undefined || isFresh) return Promise.resolve();
    if (this.#requestSentAt === undefined) this.#ping();
    return new Promise((resolve) => this.#roundTripWaiters.push(resolve));
  }

  /** The peer answered a ping. */
  onPong(message: Message): void {
    if (message.payload === this.#pingCount) this.#recordRoundTrip();
  }

  /** The connection is over. */
  onConnectionClosed(reason: string): void {
    const held = this.#owner.now() - this.#connectedAt;
    this.#connection = undefined;
    this.#releaseRoundTripWaiters();
    this.#reason = reason;
    if (this.#stopped) return;
    if (held > this.#owner.limits.redialMaxMs) this.#attempts = 0;
    if (this.#mode === 'link') {
      this.#markDown(reason);
      this.#mode = null;
    } else {
      // It took the connection, so it is there; that it knows no hello is all there is to learn.
      this.#markUp('oneshot');
    }
    this.#scheduleRedial();
  }

  #onConnected(socket: Socket): void {
    const connection = this.#owner.openConnection(socket, this);
    if (connection === undefined) {
      this.#onDialFailed('closed');
      return;
    }
    this.#connection = connection;
    const hello: Message = { message_type: 'hello', payload: this.#owner.createHello(connection, this) };
    this.#connectedAt = this.#owner.now();
    this.#requestSentAt = this.#connectedAt;
    connection.send(hello);
    this.#setTimer(this.#owner.limits.helloWaitMs, () => {
      this.#markUp('oneshot');
      this.#schedulePing();
    });
  }

  #schedulePing(): void {
    this.#setTimer(this.#owner.limits.pingIntervalMs, () => {
      this.#ping();
      this.#schedulePing();
    });
  }

  #ping(): void {
    this.#requestSentAt = this.#owner.now();
    this.#connection?.send({ message_type: 'ping', payload: ++this.#pingCount });
  }

  #recordRoundTrip(): void {
    if (this.#requestSentAt === undefined) return;
    this.#rttMeasuredAt = this.#owner.now();
    this.#rtt = Math.round((this.#rttMeasuredAt - this.#requestSentAt) * 1_000) / 1_000;
    this.#requestSentAt = undefined;
    this.#releaseRoundTripWaiters();
  }

  #releaseRoundTripWaiters(): void {
    for (const resolve of this.#roundTripWaiters.splice(0)) resolve();
  }

  #onDialFailed(reason: string): void {
    this.#socket = undefined;
    if (this.#stopped) return;
    this.#reason = reason;
    if (this.#state === 'up') this.#markDown(reason);
    else this.#owner.log.debug('dial_failed', { peer: this.listen, reason, attempts: this.#attempts + 1 });
    this.#scheduleRedial();
  }

  #scheduleRedial(): void {
    this.#attempts++;
    const { redialMinMs, redialMaxMs } = this.#owner.limits;
    if (this.#state !== 'up') {
      this.#setState('waiting');
      this.#dropWaiting();
    }
    const wait = redialDelayMs(this.#attempts, { min: redialMinMs, max: redialMaxMs }, this.#owner.random());
    this.#setTimer(wait, () => this.dial());
  }

  #markUp(mode: 'link' | 'oneshot'): void {
    const news = this.#state !== 'up' || this.#mode !== mode;
    this.#mode = mode;
    this.#reason = null;
    if (this.#state !== 'up') this.#setState('up');
    if (news) this.#owner.log.info('link_up', { peer: this.listen, mode, name: this.hello?.name, rtt_ms: this.#rtt });
    if (mode === 'link') this.#schedulePing();
    else this.#sendNext();
  }

  #markDown(reason: string): void {
    this.#setState('waiting');
    this.#rtt = null;
    this.#owner.log.info('link_down', { peer: this.listen, reason });
  }

  #setState(state: PeerStatus['state']): void {
    this.#state = state;
    this.#changedAt = this.#owner.now();
  }

  #sendNext(): void {
    const parcel = this.#oneShotSockets.size < MAX_ONE_SHOT_CONNECTIONS ? this.#waiting.shift() : undefined;
    if (parcel === undefined) return;
    const { length } = parcel.bytes;
    this.#waitingBytes -= length;
    const { limits, counters } = this.#owner;
    const socket = sendOnce(parcel.bytes, {
      dial: () => this.#openSocket(),
      timeoutMs: limits.messageTimeoutMs,
      lingerMs: limits.helloWaitMs,
      onDone: (sent) => {
        this.#oneShotSockets.delete(socket);
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
    this.#oneShotSockets.add(socket);
    this.#sendNext();
  }

  #openSocket(): Socket {
    const { host, port } = this.peer;
    const { localAddress: source } = this.#owner;
    const local = source !== undefined && isIP(source) === isIP(host) ? { localAddress: source } : {};
    return connect({ host, port, noDelay: true, allowHalfOpen: true, ...local });
  }

  #setTimer(wait: number, then: () => void): void {
    this.#cancelTimer();
    if (!this.#stopped) this.#cancelTimer = setTimeoutAfterIo(wait, then);
  }

  #takeWaiting(): SharedBuffer[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return waiting;
  }

  #dropWaiting(): void {
    const given = this.#takeWaiting();
    for (const parcel of given) parcel.release();
    this.#owner.counters.dropped += given.length;
  }
}
