import type { LinkConditions } from '../state/link-state.ts';

/** Payload of a full Ethernet frame of TCP, and the headers around it. */
const SEGMENT_BYTES = 1_448;
const HEADER_BYTES = 66;
/** Longest time that one chunk may occupy the wire; larger chunks would arrive in bursts. */
const MAX_CHUNK_MS = 1;

/** Share of a rate that is TCP payload; the rest is headers, as on a real wire. */
export const PAYLOAD_SHARE = SEGMENT_BYTES / (SEGMENT_BYTES + HEADER_BYTES);

/** Computes when bytes arrive: after those before them, at the rate, with the delay. Times are in milliseconds. */
export class DeliverySchedule {
  /** Time at which the last byte has left for the wire. */
  #wireFreeAt = 0;
  /** Time at which the last bytes arrive: none overtake others. */
  #lastArrival = 0;

  nextArrival(
    bytes: number,
    now: number,
    { delay = 0, jitter = 0, rate }: LinkConditions,
    random: () => number,
  ): number {
    this.#wireFreeAt = Math.max(this.#wireFreeAt, now) + (rate === undefined ? 0 : wireTimeMs(bytes, rate));
    const due = this.#wireFreeAt + Math.max(0, delay + jitter * (2 * random() - 1));
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
