import type { LinkConditions } from '../state/link-state.ts';

/** Payload of a full Ethernet frame of TCP, and the headers around it. */
const SEGMENT_BYTES = 1_448;
const HEADER_BYTES = 66;
/** Longest time that one chunk may occupy the wire; larger chunks would arrive in bursts. */
const MAX_CHUNK_MS = 1;
/** Limit of the queue, as time at the rate and at least; as many bytes again wait in the socket that they come from. */
const QUEUE_MS = 100;
const MIN_QUEUE_BYTES = 65_536;

/** Share of a rate that is TCP payload; the rest is headers, as on a real wire. */
export const PAYLOAD_SHARE = SEGMENT_BYTES / (SEGMENT_BYTES + HEADER_BYTES);

/** Queue of one direction of a link, which all its connections share. Times are in milliseconds. */
export class TransmitQueue {
  /** Time at which the last byte has left for the wire. */
  #freeAt = 0;

  /** Adds bytes behind those that wait. @returns when the last of them has left for the wire */
  occupy(bytes: number, now: number, rate: number | undefined): number {
    this.#freeAt = Math.max(this.#freeAt, now) + (rate === undefined ? 0 : wireTimeMs(bytes, rate));
    return this.#freeAt;
  }

  /** Returns how long the queue is beyond its limit: until that time has passed, nothing must be added. */
  excessMs(now: number, rate: number): number {
    return this.#freeAt - now - Math.max(QUEUE_MS, wireTimeMs(MIN_QUEUE_BYTES, rate));
  }
}

/**
 * How many times faster than its rate a link is filled. All that there is room for, read at once, makes the kernel give the
 * sender's socket far more buffer.
 */
const FILL_SPEED = 2;
/** Shorter pauses are added up: a timer is late by up to a millisecond, which would slow fast links. */
const MIN_PAUSE_MS = 2;
/** Lateness of timers that is caught up with. */
const MAX_LATENESS_MS = 20;

/** Pace at which a sender is read. Times are in milliseconds. */
export class FillPace {
  #readAgainAt = 0;

  /** Counts bytes that were read. @returns whether the sender has to wait */
  read(bytes: number, now: number, rate: number): boolean {
    this.#readAgainAt = Math.max(this.#readAgainAt, now - MAX_LATENESS_MS) + wireTimeMs(bytes, rate) / FILL_SPEED;
    return this.pauseMs(now) >= MIN_PAUSE_MS;
  }

  /** Returns the time until the sender is read again; not above 0 when that is now. */
  pauseMs(now: number): number {
    return this.#readAgainAt - now;
  }
}

/** Computes when bytes of a connection arrive: after those before them, at the rate, with the delay. Times are in milliseconds. */
export class DeliverySchedule {
  readonly #queue: TransmitQueue;
  /** Time at which the last bytes arrive: none overtake others. */
  #lastArrival = 0;

  constructor(queue: TransmitQueue = new TransmitQueue()) {
    this.#queue = queue;
  }

  nextArrival(
    bytes: number,
    now: number,
    { delay = 0, jitter = 0, rate }: LinkConditions,
    random: () => number,
  ): number {
    const due = this.#queue.occupy(bytes, now, rate) + Math.max(0, delay + jitter * (2 * random() - 1));
    this.#lastArrival = Math.max(this.#lastArrival, due);
    return this.#lastArrival;
  }
}

/** Returns the largest chunk that keeps a rate even. */
export function maxChunkBytes({ rate }: LinkConditions): number {
  if (rate === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(SEGMENT_BYTES, Math.floor((rate * PAYLOAD_SHARE * MAX_CHUNK_MS) / 8_000));
}

function wireTimeMs(bytes: number, rate: number): number {
  return ((bytes + HEADER_BYTES * Math.ceil(bytes / SEGMENT_BYTES)) * 8_000) / rate;
}
