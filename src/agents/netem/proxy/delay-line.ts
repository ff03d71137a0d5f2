import type { Socket } from 'node:net';
import type { LinkConditions } from '../state/link-state.ts';
import { DeliverySchedule, FillPace, maxChunkBytes, type TransmitQueue } from './delivery-schedule.ts';
import { resetSocket } from './proxy-socket.ts';

/** Limit of the bytes in flight where no rate limits them. */
const MAX_BUFFER_BYTES = 4 * 1_048_576;
/**
 * Timers have whole milliseconds. With a rate, what is due within one is delivered, as the next piece is late by as much. For a
 * delay alone, the last part of a millisecond is waited for by polling the event loop.
 */
const TIMER_RESOLUTION_MS = 1;
/** Time that passing the proxy takes, which counts as part of a delay. Measured: a round trip takes 0.7 ms more than without. */
const PROXY_OVERHEAD_MS = 0.35;

/**
 * Bytes that wait in the sender's socket when the line was full, and the longest time that this process may be late for them on
 * a busy machine: the wire goes on as if they had been there in time.
 */
const WAITING_BYTES = 65_536;
const MAX_LATENESS_MS = 250;

type QueuedItem = { due: number; bytes: Buffer } | { due: number; bytes?: undefined; last: 'end' | 'reset' };

/** One direction of a connection: delivers bytes to a socket in order, when the link conditions say. */
export class DelayLine {
  readonly #sink: Socket;
  readonly #conditions: () => LinkConditions;
  readonly #queue: TransmitQueue;
  readonly #onDrain: () => void;
  readonly #schedule: DeliverySchedule;
  readonly #pace = new FillPace();
  #items: QueuedItem[] = [];
  #queuedBytes = 0;
  #full = false;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #drainTimer: NodeJS.Timeout | undefined;
  /** Bytes that have waited for the line. */
  #waitingBytes = 0;
  /** The wire had no room since the sender was last read. */
  #wasFull = false;
  /** The sink's buffer is full. */
  #blocked = false;
  #stopped = false;

  /**
   * @param conditions returns those in force now
   * @param queue of the link, shared with its other connections
   * @param onDrain called when the line was full and has room again
   */
  constructor(sink: Socket, conditions: () => LinkConditions, queue: TransmitQueue, onDrain: () => void) {
    this.#sink = sink;
    this.#conditions = conditions;
    this.#queue = queue;
    this.#schedule = new DeliverySchedule(queue);
    this.#onDrain = onDrain;
    sink.on('drain', () => {
      this.#blocked = false;
      this.#deliver();
    });
    sink.once('close', () => this.#stop());
  }

  /** The sender must wait until `onDrain`. */
  get full(): boolean {
    return this.#full;
  }

  send(bytes: Buffer): void {
    if (this.#stopped) return;
    const conditions = this.#conditions();
    const size = maxChunkBytes(conditions);
    const now = performance.now() - (this.#waitingBytes > 0 ? MAX_LATENESS_MS : 0);
    this.#waitingBytes = Math.max(0, this.#waitingBytes - bytes.length);
    for (let at = 0; at < bytes.length; at += size) {
      const chunk = bytes.subarray(at, Math.min(bytes.length, at + size));
      this.#items.push({ due: this.#schedule.nextArrival(chunk.length, now, conditions, Math.random), bytes: chunk });
    }
    this.#queuedBytes += bytes.length;
    const { rate } = conditions;
    const mustWait = rate !== undefined && this.#pace.read(bytes.length, performance.now(), rate);
    this.#full ||= mustWait || this.#excessMs() > 0;
    this.#deliver();
  }

  /** Ends or resets the sink after everything that was sent. */
  close(last: 'end' | 'reset'): void {
    if (this.#stopped) return;
    this.#items.push({ due: this.#schedule.nextArrival(0, performance.now(), this.#conditions(), Math.random), last });
    this.#deliver();
  }

  #deliver(): void {
    this.#clearTimers();
    if (this.#stopped || this.#blocked) return;
    const now = performance.now() + (this.#conditions().rate === undefined ? PROXY_OVERHEAD_MS : TIMER_RESOLUTION_MS);
    let count = 0;
    this.#sink.cork();
    for (; count < this.#items.length && !this.#blocked; count++) {
      const item = this.#items[count] as QueuedItem;
      if (item.due > now) break;
      if (item.bytes !== undefined) {
        this.#queuedBytes -= item.bytes.length;
        this.#blocked = !this.#sink.write(item.bytes);
      } else if (item.last === 'end') this.#sink.end();
      else resetSocket(this.#sink);
    }
    this.#sink.uncork();
    this.#items.splice(0, count);
    this.#armTimer();
    this.#drain();
  }

  /** Lets the sender continue once there is room, which is when the wire has, not when the bytes have arrived. */
  #drain(): void {
    if (!this.#full || this.#stopped) return;
    const excess = this.#excessMs();
    this.#wasFull ||= excess > 0;
    const pause = Math.max(excess, this.#pace.pauseMs(performance.now()));
    if (pause > 0) {
      clearTimeout(this.#drainTimer);
      this.#drainTimer = Number.isFinite(pause) ? setTimeout(() => this.#drain(), Math.ceil(pause)) : undefined;
      return;
    }
    this.#full = false;
    if (this.#wasFull) this.#waitingBytes = this.#conditions().rate === undefined ? 0 : WAITING_BYTES;
    this.#wasFull = false;
    this.#onDrain();
  }

  /** Returns the time until there is room; infinite until something was delivered. */
  #excessMs(): number {
    const { rate } = this.#conditions();
    const limit = this.#full ? MAX_BUFFER_BYTES / 2 : MAX_BUFFER_BYTES;
    if (this.#queuedBytes > limit) return Number.POSITIVE_INFINITY;
    return rate === undefined ? 0 : this.#queue.excessMs(performance.now(), rate);
  }

  #armTimer(): void {
    const [item] = this.#items;
    if (item === undefined || this.#blocked || this.#stopped) return;
    const left = item.due - performance.now();
    if (left > TIMER_RESOLUTION_MS || this.#conditions().rate !== undefined) {
      this.#timer = setTimeout(() => this.#deliver(), Math.floor(left));
    } else this.#immediate = setImmediate(() => this.#deliver());
  }

  #clearTimers(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #stop(): void {
    this.#stopped = true;
    this.#clearTimers();
    clearTimeout(this.#drainTimer);
    this.#items = [];
    this.#queuedBytes = 0;
    this.#full = false;
  }
}
