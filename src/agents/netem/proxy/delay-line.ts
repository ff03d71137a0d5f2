import type { Socket } from 'node:net';
import type { LinkConditions } from '../state/link-state.ts';
import { DeliverySchedule, maxChunkBytes } from './delivery-schedule.ts';

/** Bytes on their way before the sender is held up: with a rate as many as fit on the wire twice, within these. */
const MIN_BUFFER_BYTES = 65_536;
const MAX_BUFFER_BYTES = 4 * 1_048_576;
/**
 * Timers go by whole milliseconds. With a rate, where pieces come one after the other all the time, what is due within one is
 * due: the next is as much later. A delay alone has its last part of a millisecond waited for turn by turn.
 */
const TIMER_RESOLUTION_MS = 1;
/** What the way through here takes by itself (ms), and is part of a delay: measured, a round trip takes 0.7 more than without. */
const PROXY_OVERHEAD_MS = 0.35;

type QueuedItem = { due: number; bytes: Buffer } | { due: number; bytes?: undefined; last: 'end' | 'reset' };

/** What {@link DelayLine} tells of. */
export interface DelayLineEvents {
  /** There is room again after there was none. */
  onDrain: () => void;
}

/** The way to one end of a connection: what is put on it arrives in order, when its quality says. */
export class DelayLine {
  readonly #sink: Socket;
  readonly #conditions: () => LinkConditions;
  readonly #events: DelayLineEvents;
  readonly #schedule = new DeliverySchedule();
  #items: QueuedItem[] = [];
  #queuedBytes = 0;
  #full = false;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  /** The sink takes no more for now. */
  #blocked = false;
  #stopped = false;

  constructor(sink: Socket, quality: () => LinkConditions, events: DelayLineEvents) {
    this.#sink = sink;
    this.#conditions = quality;
    this.#events = events;
    sink.on('drain', () => {
      this.#blocked = false;
      this.#deliver();
    });
    sink.once('close', () => this.#stop());
  }

  /** As much is on its way as may be: the sender has to wait for `room`. */
  get full(): boolean {
    return this.#full;
  }

  send(bytes: Buffer): void {
    if (this.#stopped) return;
    const quality = this.#conditions();
    const size = maxChunkBytes(quality);
    const now = performance.now();
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.subarray(at, Math.min(bytes.length, at + size));
      this.#items.push({ due: this.#schedule.nextArrival(piece.length, now, quality, Math.random), bytes: piece });
    }
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > bufferLimit(quality)) this.#full = true;
    this.#deliver();
  }

  /** The sender has ended, or was reset: the other end is told after all that was sent. */
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
      this.#events.onDrain();
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

/** Ends a connection with a reset; one that does not stand yet is given up. */
export function resetSocket(socket: Socket): void {
  if (socket.connecting || socket.destroyed) socket.destroy();
  else socket.resetAndDestroy();
}

function bufferLimit({ rate, delay = 0, jitter = 0 }: LinkConditions): number {
  if (rate === undefined) return MAX_BUFFER_BYTES;
  return Math.min(MAX_BUFFER_BYTES, Math.max(MIN_BUFFER_BYTES, (2 * rate * (delay + jitter)) / 8_000));
}
