import { connect, isIP, type Socket } from 'node:net';
import { type Address, formatAddress, type Hello, type Message, type PeerStatus } from '../../protocol/index.ts';
import { MESSAGE_DELIMITER } from '../../protocol/message.ts';
import { Traffic } from '../../protocol/status.ts';
import { setTimeoutAfterIo } from '../../shared/time/timeout-after-io.ts';
import type { Connection, ConnectionOwner } from '../connection/connection.ts';
import type { SharedBuffer } from '../connection/shared-buffer.ts';
import { redialDelayMs } from './redial-backoff.ts';
import { sendOnce } from './send-once.ts';

/** The node that a link belongs to. */
export interface PeerLinkOwner extends ConnectionOwner {
  /** Returns a number from 0 up to 1. */
  readonly random: () => number;
  /** Address to dial from; undefined if the node is bound to all of the machine's. */
  readonly localAddress: string | undefined;
  /** Takes over a connected socket; returns undefined when it is closed already. */
  openConnection(socket: Socket, link: PeerLink): Connection | undefined;
  /** Returns this node's hello for a connection. */
  createHello(connection: Connection, link: PeerLink): Hello;
}

/** Most one-shot connections that one peer may have at a time. */
const MAX_ONE_SHOT_CONNECTIONS = 8;
/** A connection that ends sooner is brief: a peer that closes each one must not be dialed in a tight loop. */
const BRIEF_CONNECTION_MS = 2_000;

/**
 * The link to one peer, from when it is added until it is removed: dials, says hello, keeps the connection alive, and
 * redials when it is lost. A peer that does not answer the hello gets each message on a connection of its own. The
 * first connection then stays open: it shows that the peer is there, and a late hello still counts.
 */
export class PeerLink {
  /** `host:port` */
  readonly listen: string;
  readonly peer: Address;
  /** Sent in the hello, so that a node that dialed itself notices. */
  readonly linkNumber: number;
  /** Traffic of all its connections. */
  readonly traffic = new Traffic();
  readonly #owner: PeerLinkOwner;
  #state: PeerStatus['state'] = 'dialing';
  #mode: PeerStatus['mode'] = null;
  #changedAt: number;
  /** Dials that failed since one last succeeded. */
  #attempts = 0;
  /** Brief connections in a row. */
  #briefConnections = 0;
  #reason: string | null = null;
  /** Socket of the dial under way. */
  #socket: Socket | undefined;
  #connection: Connection | undefined;
  #connectedAt = 0;
  /** Messages that wait for the mode to be known, or for a one-shot connection. */
  #queue: SharedBuffer[] = [];
  #queuedBytes = 0;
  readonly #oneShotSockets = new Set<Socket>();
  /** Cancels the timer of the next step: a dial's timeout, the wait for a hello, a ping or a redial. */
  #cancelTimer = () => {};
  #rtt: number | null = null;
  #rttMeasuredAt = 0;
  /** Time at which the hello or ping that awaits an answer was sent; undefined when none does. */
  #requestSentAt: number | undefined;
  #pingCount = 0;
  #roundTripWaiters: (() => void)[] = [];
  #stopped = false;

  constructor(peer: Address, linkNumber: number, owner: PeerLinkOwner) {
    this.peer = peer;
    this.listen = formatAddress(peer);
    this.linkNumber = linkNumber;
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
    const now = this.#owner.now();
    return {
      peer: this.listen,
      state: this.#state,
      mode: this.#mode,
      name: this.hello?.name ?? null,
      rtt_ms: this.#rtt,
      rtt_age_ms: this.#rtt === null ? null : Math.round(now - this.#rttMeasuredAt),
      since: Math.max(0, Math.round(now - this.#changedAt)) / 1_000,
      attempts: this.#attempts,
      reason: this.#reason,
      queued: this.#queuedBytes + (this.#connection?.queuedBytes ?? 0),
      ...this.traffic,
    };
  }

  /** Bytes that wait to be sent to the peer. */
  get bufferedBytes(): number {
    return this.#queuedBytes + (this.#connection?.bufferedBytes ?? 0);
  }

  /** Frees everything buffered for the peer and closes its connections; it is redialed. */
  dropQueued(reason: string): void {
    this.#dropQueue();
    for (const socket of this.#oneShotSockets) socket.resetAndDestroy();
    this.#connection?.drop(reason);
  }

  dial(): void {
    this.#owner.counters.dials++;
    if (this.#state !== 'up') this.#setState('dialing');
    const socket = this.#openSocket();
    this.#socket = socket;
    let failure = 'closed';
    const onClose = () => this.#onDialFailed(failure);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
    });
    socket.on('close', onClose);
    this.#setTimer(this.#owner.limits.dialTimeoutMs, () => {
      failure = 'ETIMEDOUT';
      socket.destroy();
    });
    socket.on('connect', () => {
      socket.off('close', onClose);
      this.#onConnected(socket);
    });
  }

  /** Redials at once if it is waiting to. */
  redialNow(): void {
    if (this.#state === 'waiting' && !this.#stopped) this.dial();
  }

  /** Closes the link for good. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#dropQueue();
    for (const socket of this.#oneShotSockets) socket.destroy();
    if (this.#connection !== undefined) this.#connection.end('removed');
    else this.#socket?.destroy();
  }

  /** Sends a message, now or once the mode is known. Returns false if the peer is not connected or too slow. */
  send(buffer: SharedBuffer): boolean {
    if (this.#mode === 'link' && this.#connection !== undefined) return this.#connection.sendBuffer(buffer);
    if (this.#state === 'waiting' || this.#queuedBytes > this.#owner.limits.maxSendQueue) return false;
    buffer.retain();
    this.#queue.push(buffer);
    this.#queuedBytes += buffer.bytes.length;
    if (this.#mode === 'oneshot') this.#sendQueued();
    return true;
  }

  /** The peer answered the hello. */
  onHello(): void {
    this.#recordRoundTrip();
    this.#markUp('link');
    for (const buffer of this.#takeQueue()) {
      this.#connection?.sendBuffer(buffer);
      buffer.release();
    }
  }

  onPong(message: Message): void {
    if (message.payload === this.#pingCount) this.#recordRoundTrip();
  }

  onConnectionClosed(reason: string): void {
    const lastedMs = this.#owner.now() - this.#connectedAt;
    this.#connection = undefined;
    this.#releaseRoundTripWaiters();
    this.#reason = reason;
    if (this.#stopped) return;
    this.#briefConnections = lastedMs < BRIEF_CONNECTION_MS ? this.#briefConnections + 1 : 0;
    if (this.#mode === 'link') {
      this.#markDown(reason);
      this.#mode = null;
    } else {
      // It accepted the connection, so it is up; all there is to learn is that it does not know hello.
      this.#markUp('oneshot');
    }
    this.#scheduleRedial();
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

  #onConnected(socket: Socket): void {
    const connection = this.#owner.openConnection(socket, this);
    if (connection === undefined) {
      this.#onDialFailed('closed');
      return;
    }
    this.#socket = undefined;
    this.#attempts = 0;
    this.#connection = connection;
    this.#connectedAt = this.#owner.now();
    this.#requestSentAt = this.#connectedAt;
    connection.send({ message_type: 'hello', payload: this.#owner.createHello(connection, this) });
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
    this.#attempts++;
    if (this.#state === 'up') this.#markDown(reason);
    else this.#owner.log.debug('dial_failed', { peer: this.listen, reason, attempts: this.#attempts });
    this.#scheduleRedial();
  }

  #scheduleRedial(): void {
    if (this.#state !== 'up') {
      this.#setState('waiting');
      this.#dropQueue();
    }
    const { redialMinMs: min, redialMaxMs: max } = this.#owner.limits;
    const failures = this.#attempts > 0 ? this.#attempts : Math.max(1, this.#briefConnections);
    this.#setTimer(redialDelayMs(failures, { min, max }, this.#owner.random()), () => this.dial());
  }

  #markUp(mode: 'link' | 'oneshot'): void {
    const isNew = this.#state !== 'up' || this.#mode !== mode;
    this.#mode = mode;
    this.#reason = null;
    if (isNew) {
      this.#setState('up');
      this.#owner.log.info('link_up', { peer: this.listen, mode, name: this.hello?.name, rtt_ms: this.#rtt });
    }
    if (mode === 'link') this.#schedulePing();
    else this.#sendQueued();
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

  /** Sends queued messages, each on a connection of its own, as far as these are free. */
  #sendQueued(): void {
    while (this.#oneShotSockets.size < MAX_ONE_SHOT_CONNECTIONS) {
      const buffer = this.#queue.shift();
      if (buffer === undefined) return;
      this.#queuedBytes -= buffer.bytes.length;
      this.#sendOnce(buffer);
    }
  }

  #sendOnce(buffer: SharedBuffer): void {
    const { limits, counters, typeCounters } = this.#owner;
    const socket = sendOnce(buffer.bytes, {
      dial: () => this.#openSocket(),
      timeoutMs: limits.messageTimeoutMs,
      lingerMs: limits.helloWaitMs,
      onDone: (sent) => {
        this.#oneShotSockets.delete(socket);
        buffer.release();
        if (sent) typeCounters.countSent(buffer.type, buffer.bytes.length - MESSAGE_DELIMITER.length);
        else counters.dropped++;
        for (const traffic of sent ? [counters, this.traffic] : []) {
          traffic.messages_out++;
          traffic.bytes_out += buffer.bytes.length;
        }
        if (this.#stopped) return;
        if (!sent) this.#dialIfIdle();
        this.#sendQueued();
      },
    });
    this.#oneShotSockets.add(socket);
  }

  /** Dials a one-shot peer that may be gone, which otherwise only the next redial would show. */
  #dialIfIdle(): void {
    if (this.#state === 'up' && this.#connection === undefined && this.#socket === undefined) this.dial();
  }

  #openSocket(): Socket {
    const { host, port } = this.peer;
    const { localAddress } = this.#owner;
    const from = localAddress !== undefined && isIP(localAddress) === isIP(host) ? { localAddress } : {};
    return connect({ host, port, noDelay: true, allowHalfOpen: true, ...from });
  }

  #setTimer(delayMs: number, onTimeout: () => void): void {
    this.#cancelTimer();
    if (!this.#stopped) this.#cancelTimer = setTimeoutAfterIo(delayMs, onTimeout);
  }

  #takeQueue(): SharedBuffer[] {
    const queue = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    return queue;
  }

  #dropQueue(): void {
    for (const buffer of this.#takeQueue()) {
      buffer.release();
      this.#owner.counters.dropped++;
    }
  }
}
