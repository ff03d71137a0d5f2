import type { ReceivedCount } from '../../agents/probe/probe-task.ts';
import type { MeasuredCondition } from '../../network/links/link-measurement.ts';

/** Tolerance of a round trip, in addition to the relative one. */
const DELAY_TOLERANCE_MS = 1;
const RELATIVE_TOLERANCE = 0.05;
/** A full segment without its headers and with them. */
const SEGMENT_BYTES = 1_448;
const SEGMENT_WIRE_BYTES = 1_514;
/** Standard deviations of a 95 % interval, and of the one beyond which a loss is reported: one in a thousand by chance. */
const Z_95 = 1.96;
const Z_ALARM = 3.29;
/** Student's factor of a 95 % interval by degrees of freedom, from 1; 1.96 beyond. */
const STUDENT = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13];

/** Round trips of a link, and what else they are made of. */
export interface RoundTrips {
  /** Milliseconds. */
  rtts: readonly number[];
  /** Round trips of this machine to itself: the time that it lets them wait. */
  ownRtts?: readonly number[];
  /** Programs that a ping waits for, in relation to a ping of the machine to itself. @default 1 */
  waits?: number;
  /** Time that a ping and its reply take at the rates of the link, milliseconds. @default 0 */
  serializationMs?: number;
}

/**
 * Compares the median round trip with the sum of both delays. Not the mean: where packets are lost, a few round trips include
 * the wait for a retransmission, which is not part of the delay. A machine that is busy makes the interval as much wider as it
 * lets pings to itself wait.
 */
export function compareDelay(
  asked: number,
  { rtts, ownRtts = [], waits = 1, serializationMs = 0 }: RoundTrips,
): MeasuredCondition {
  const sorted = [...rtts].sort((a, b) => a - b);
  const at = (rank: number) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  const reach = 0.98 * Math.sqrt(sorted.length);
  const value = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2 - serializationMs;
  const noise = waits * percentile(ownRtts, 0.9);
  const low = Math.max(0, Math.min(value, at(middle - reach) - serializationMs) - noise);
  const high = Math.max(value, at(middle + reach) - serializationMs);
  const tolerance = Math.max(DELAY_TOLERANCE_MS, RELATIVE_TOLERANCE * asked);
  return {
    asked,
    measured: { value, low, high, of: sorted.length },
    outside: !(asked >= low - tolerance && asked <= high + tolerance),
  };
}

/** Compares a loss with Wilson's interval for `lost` of `sent`. */
export function compareLoss(asked: number, lost: number, sent: number): MeasuredCondition {
  const [low, high] = wilsonInterval(lost, sent, Z_95);
  const [least, most] = wilsonInterval(lost, sent, Z_ALARM);
  return {
    asked,
    measured: { value: lost / sent, low, high, of: sent },
    outside: !(asked >= least && asked <= most),
  };
}

function wilsonInterval(lost: number, sent: number, z: number): [number, number] {
  const share = lost / sent;
  const scale = 1 + z ** 2 / sent;
  const centre = (share + z ** 2 / (2 * sent)) / scale;
  const margin = (z * Math.sqrt((share * (1 - share)) / sent + z ** 2 / (4 * sent ** 2))) / scale;
  return [Math.max(0, centre - margin), Math.min(1, centre + margin)];
}

/**
 * Compares a rate with that of the bytes that arrived between the counts. Their spread makes the interval: on a machine that is
 * busy they are uneven. Other traffic of the receiver makes it wider: from what the transfer itself got, which is all where the
 * traffic came over other links, up to all that arrived, where it came over this one.
 * @param isHeldUp whether the rate is what held the sender up; otherwise the rate is at least what was measured
 */
export function compareRate(asked: number, counts: readonly ReceivedCount[], isHeldUp: boolean): MeasuredCondition {
  const [first, last] = [counts[0], counts.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) {
    return { asked, measured: { value: 0, low: 0, high: 0, of: 0 }, outside: true };
  }
  const all = estimateRate(counts, ({ bytes }) => bytes);
  const own = estimateRate(counts, ({ ownBytes }) => (ownBytes * SEGMENT_WIRE_BYTES) / SEGMENT_BYTES);
  // Behind a lost packet the connection reads late, so a difference within the spread is no other traffic.
  const value = own.value + own.margin < all.value - all.margin ? own.value : all.value;
  // The spread is that of what arrived: reading late, the connection has a wider one.
  const low = Math.max(0, Math.min(own.value, all.value) - all.margin);
  const high = Math.max(isHeldUp ? 0 : asked, all.value + all.margin);
  return {
    asked,
    measured: { value, low, high, of: last.bytes - first.bytes },
    outside: !(asked >= low * (1 - RELATIVE_TOLERANCE) && asked <= high * (1 + RELATIVE_TOLERANCE)),
  };
}

/** Returns the mean rate between the counts, and half of its 95 % interval. */
function estimateRate(counts: readonly ReceivedCount[], bytesOf: (count: ReceivedCount) => number) {
  const rateBetween = (one: ReceivedCount, other: ReceivedCount) =>
    ((bytesOf(other) - bytesOf(one)) * 8_000) / (other.at - one.at);
  const rates = counts.slice(1).map((count, index) => rateBetween(counts[index] as ReceivedCount, count));
  const value = rateBetween(counts[0] as ReceivedCount, counts.at(-1) as ReceivedCount);
  const spread = Math.sqrt(rates.reduce((sum, rate) => sum + (rate - value) ** 2, 0) / Math.max(1, rates.length - 1));
  return { value, margin: ((STUDENT[rates.length - 2] ?? Z_95) * spread) / Math.sqrt(rates.length) };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
