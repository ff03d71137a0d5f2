import type { LinkConditions } from '../state/link-state.ts';

/** Bytes that a full Ethernet frame carries for TCP, and what it carries them in. */
const SEGMENT_BYTES = 1_448;
const HEADER_BYTES = 66;
/** How long (ms) one piece may occupy the wire: what comes in larger ones would come in bursts. */
const MAX_CHUNK_MS = 1;

/** What a rate lets through of what TCP carries: the rest is headers, as on a real wire. */
export const PAYLOAD_SHARE = SEGMENT_BYTES / (SEGMENT_BYTES + HEADER_BYTES);

/** When bytes that are sent now arrive: behind those before them, at the rate, after the delay. Times in milliseconds. */
export class DeliverySchedule {
  /** When the last byte given to the wire has left. */
  #wireFreeAt = 0;
  /** When the last piece arrives: none overtakes another. */
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

/** The largest piece (bytes) that keeps a rate even. */
export function maxChunkBytes({ rate }: LinkConditions): number {
  if (rate === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(SEGMENT_BYTES, Math.floor((rate * PAYLOAD_SHARE * MAX_CHUNK_MS) / 8_000));
}

function wireTimeMs(bytes: number, rate: number): number {
  return ((bytes + HEADER_BYTES * Math.ceil(bytes / SEGMENT_BYTES)) * 8_000) / rate;
}
