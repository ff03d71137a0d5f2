import type { ProbeTask } from '../../agents/probe/probe-task.ts';

/** A full segment with its headers. */
const SEGMENT_WIRE_BITS = 1_514 * 8;
/** A rate is measured for as long as so many segments take, so that one more or less makes no difference; in so many parts. */
const MIN_SEGMENTS = 250;
const RATE_COUNTS = 12;
const MAX_TRANSFER_MS = 60_000;
/** Segments before the measurement: until then a queue fills, and the sender learns the rate. */
const WARM_UP_SEGMENTS = 50;
const MIN_WARM_UP_MS = 300;
const WARM_UP_ROUND_TRIPS = 10;

/**
 * Returns when the bytes of a transfer are counted.
 * @param rate of the link, bits per second
 * @param minimumMs of the time from the first count to the last
 */
export function transferWindow(
  rate: number,
  roundTripMs: number,
  minimumMs: number,
): Omit<NonNullable<ProbeTask['drain']>, 'port'> {
  const timeOf = (segments: number) => Math.min(MAX_TRANSFER_MS, (segments * SEGMENT_WIRE_BITS * 1_000) / rate);
  return {
    warmUp: Math.max(MIN_WARM_UP_MS, timeOf(WARM_UP_SEGMENTS), WARM_UP_ROUND_TRIPS * roundTripMs),
    every: Math.max(minimumMs, timeOf(MIN_SEGMENTS)) / RATE_COUNTS,
    count: RATE_COUNTS,
  };
}
