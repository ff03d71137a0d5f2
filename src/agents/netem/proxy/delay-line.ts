import type { Socket } from 'node:net';
import type { LinkConditions } from '../state/link-state.ts';
import { DeliverySchedule, maxChunkBytes } from './delivery-schedule.ts';

/** Limits of the bytes in flight before the sender must wait; with a rate, twice what fits on the wire between them. */
const MIN_BUFFER_BYTES = 65_536;
const MAX_BUFFER_BYTES = 4 * 1_048_576;
/**
 * Timers have whole milliseconds. With a rate, what is due within one is delivered, as the next piece is late by as much. For a
 * delay alone, the last part of a millisecond is waited for by polling the event loop.
 */
const TIMER_RESOLUTION_MS = 1;
/** Time that passing the proxy takes, which counts as part of a delay. Measured: a round trip takes 0.7 ms more than without. */
const PROXY_OVERHEAD_MS = 0.35;

type QueuedItem = { due: number; bytes: Buffer } | { due: number; bytes?: undefined; last: 'end' | 'reset' };

/** One direction of a connection: delivers bytes to a socket in order, when the link conditions say. */
export class DelayLine {
  readonly #sink: Socket;
  readonly #conditions: () => LinkConditions;
  readonly #onDrain: () => void;
  readonly #schedule = new DeliverySchedule();
  #items: QueuedItem[] = [];
  #queuedBytes = 0;
  #full = false;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  /** The sink's buffer is full. */
  #blocked = false;
  #stopped = false;

  /** @param conditions returns those in force now @param onDrain called when the line was full and has room again */
  constructor(sink: Socket, conditions: () => LinkConditions, onDrain: () => void) {
    this.#sink = sink;
    this.#conditions = conditions;
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
    const now = performance.now();
    for (let at = 0; at < bytes.length; at += size) {
      const chunk = bytes.subarray(at, Math.min(bytes.length, at + size));
      this.#items.push({ due: this.#schedule.nextArrival(chunk.length, now, conditions, Math.random), bytes: chunk });
    }
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > bufferLimit(conditions)) this.#full = true;
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
    if (this.#full && this.#queuedBytes <= bufferLimit(this.#conditions()) / 2) {
      this.#full = false;
      this.#onDrain();
    }
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
    this.#items = [];
    this.#queuedBytes = 0;
    this.#full = false;
  }
}

/** Closes a connection with a reset, or gives up one that is still being dialed. */
export function resetSocket(socket: Socket): void {
  if (socket.connecting || socket.destroyed) socket.destroy();
  else socket.resetAndDestroy();
}

function bufferLimit({ rate, delay = 0, jitter = 0 }: LinkConditions): number {
  if (rate === undefined) return MAX_BUFFER_BYTES;
  return Math.min(MAX_BUFFER_BYTES, Math.max(MIN_BUFFER_BYTES, (2 * rate * (delay + jitter)) / 8_000));
}
