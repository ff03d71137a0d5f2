import type { Socket } from 'node:net';
import type { Quality } from '../state.ts';
import { pieceSize, Schedule } from './schedule.ts';

/** Bytes on their way before the sender is held up: with a rate as many as fit on the wire twice, within these. */
const MIN_ROOM = 65_536;
const MAX_ROOM = 4 * 1_048_576;
/**
 * Timers go by whole milliseconds. With a rate, where pieces come one after the other all the time, what is due within one is
 * due: the next is as much later. A delay alone has its last part of a millisecond waited for turn by turn.
 */
const TICK = 1;
/** What the way through here takes by itself (ms), and is part of a delay: measured, a round trip takes 0.7 more than without. */
const OWN = 0.35;

type Item = { due: number; bytes: Buffer } | { due: number; bytes?: undefined; last: 'end' | 'reset' };

/** What {@link Line} tells of. */
export interface LineEvents {
  /** There is room again after there was none. */
  room: () => void;
}

/** The way to one end of a connection: what is put on it arrives in order, when its quality says. */
export class Line {
  readonly #sink: Socket;
  readonly #quality: () => Quality;
  readonly #events: LineEvents;
  readonly #schedule = new Schedule();
  #items: Item[] = [];
  #size = 0;
  #full = false;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;
  /** The sink takes no more for now. */
  #blocked = false;
  #stopped = false;

  constructor(sink: Socket, quality: () => Quality, events: LineEvents) {
    this.#sink = sink;
    this.#quality = quality;
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
    const quality = this.#quality();
    const size = pieceSize(quality);
    const now = performance.now();
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.subarray(at, Math.min(bytes.length, at + size));
      this.#items.push({ due: this.#schedule.next(piece.length, now, quality, Math.random), bytes: piece });
    }
    this.#size += bytes.length;
    if (this.#size > roomOf(quality)) this.#full = true;
    this.#deliver();
  }

  /** The sender has ended, or was reset: the other end is told after all that was sent. */
  close(last: 'end' | 'reset'): void {
    if (this.#stopped) return;
    this.#items.push({ due: this.#schedule.next(0, performance.now(), this.#quality(), Math.random), last });
    this.#deliver();
  }

  #deliver(): void {
    this.#rest();
    if (this.#stopped || this.#blocked) return;
    const now = performance.now() + (this.#quality().rate === undefined ? OWN : TICK);
    let count = 0;
    this.#sink.cork();
    for (; count < this.#items.length && !this.#blocked; count++) {
      const item = this.#items[count] as Item;
      if (item.due > now) break;
      if (item.bytes !== undefined) {
        this.#size -= item.bytes.length;
        this.#blocked = !this.#sink.write(item.bytes);
      } else if (item.last === 'end') this.#sink.end();
      else reset(this.#sink);
    }
    this.#sink.uncork();
    this.#items.splice(0, count);
    this.#next();
    if (this.#full && this.#size <= roomOf(this.#quality()) / 2) {
      this.#full = false;
      this.#events.room();
    }
  }

  #next(): void {
    const [item] = this.#items;
    if (item === undefined || this.#blocked || this.#stopped) return;
    const left = item.due - performance.now();
    if (left > TICK || this.#quality().rate !== undefined) {
      this.#timer = setTimeout(() => this.#deliver(), Math.floor(left));
    } else this.#turn = setImmediate(() => this.#deliver());
  }

  #rest(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
  }

  #stop(): void {
    this.#stopped = true;
    this.#rest();
    this.#items = [];
    this.#size = 0;
    this.#full = false;
  }
}

/** Ends a connection with a reset; one that does not stand yet is given up. */
export function reset(socket: Socket): void {
  if (socket.connecting || socket.destroyed) socket.destroy();
  else socket.resetAndDestroy();
}

function roomOf({ rate, delay = 0, jitter = 0 }: Quality): number {
  if (rate === undefined) return MAX_ROOM;
  return Math.min(MAX_ROOM, Math.max(MIN_ROOM, (2 * rate * (delay + jitter)) / 8_000));
}
