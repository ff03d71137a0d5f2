import type { Quality } from '../state.ts';

/** Bytes that a full Ethernet frame carries for TCP, and what it carries them in. */
const SEGMENT = 1_448;
const HEADERS = 66;
/** How long (ms) one piece may occupy the wire: what comes in larger ones would come in bursts. */
const GRAIN = 1;

/** What a rate lets through of what TCP carries: the rest is headers, as on a real wire. */
export const PAYLOAD_SHARE = SEGMENT / (SEGMENT + HEADERS);

/** When bytes that are sent now arrive: behind those before them, at the rate, after the delay. Times in milliseconds. */
export class Schedule {
  /** When the last byte given to the wire has left. */
  #free = 0;
  /** When the last piece arrives: none overtakes another. */
  #last = 0;

  next(bytes: number, now: number, { delay = 0, jitter = 0, rate }: Quality, random: () => number): number {
    this.#free = Math.max(this.#free, now) + (rate === undefined ? 0 : wireTime(bytes, rate));
    const due = this.#free + Math.max(0, delay + jitter * (2 * random() - 1));
    this.#last = Math.max(this.#last, due);
    return this.#last;
  }
}

/** The largest piece (bytes) that keeps a rate even. */
export function pieceSize({ rate }: Quality): number {
  if (rate === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(SEGMENT, Math.floor((rate * PAYLOAD_SHARE * GRAIN) / 8_000));
}

function wireTime(bytes: number, rate: number): number {
  return ((bytes + HEADERS * Math.ceil(bytes / SEGMENT)) * 8_000) / rate;
}
