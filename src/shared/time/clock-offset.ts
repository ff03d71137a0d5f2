import { MAX_CLOCK_DIFFERENCE_MS } from './monotonic-timestamp.ts';

/** Offset of the nodes' clock from this process's, positive where it is ahead: an engine elsewhere, or in a virtual machine, has its own. */
export interface ClockOffset {
  /** Milliseconds; negative where the nodes' clock is behind. */
  offsetMs: number;
  /** Largest error of `offsetMs`, milliseconds. */
  uncertaintyMs: number;
}

/** The offset of nodes that have this process's clock. */
export const SAME_CLOCK: ClockOffset = { offsetMs: 0, uncertaintyMs: 0 };

/** Time of somebody else's clock, and when it was asked for and came, by this process's; milliseconds since the epoch. */
export interface ClockSample {
  askedAtMs: number;
  timeMs: number;
  answeredAtMs: number;
}

/**
 * Returns the offset of a clock that was read. The one with the shortest answer is the most precise; an offset within its error is
 * none, since most engines run on this machine.
 * @param readings at least one
 */
export function offsetOf(readings: readonly ClockSample[]): ClockOffset {
  const duration = ({ askedAtMs, answeredAtMs }: ClockSample) => answeredAtMs - askedAtMs;
  const best = readings.reduce((one, other) => (duration(other) < duration(one) ? other : one));
  const uncertaintyMs = duration(best) / 2;
  const offsetMs = best.timeMs - (best.askedAtMs + uncertaintyMs);
  return Math.abs(offsetMs) <= uncertaintyMs ? SAME_CLOCK : { offsetMs, uncertaintyMs };
}

/** Returns the earliest time of a log entry that was written at a moment of this process's or later, milliseconds since the epoch. */
export function earliestTime(processTimeMs: number, { offsetMs, uncertaintyMs }: ClockOffset): number {
  return processTimeMs + offsetMs - uncertaintyMs - MAX_CLOCK_DIFFERENCE_MS;
}

/** Returns the offset of nodes on this machine, whose clock somebody may have set, or corrected bit by bit, since this process started. */
export function wallClockOffset(wallMs = Date.now(), nowMs = processTimeMs()): ClockOffset {
  const offsetMs = wallMs - nowMs;
  if (Math.abs(offsetMs) <= MAX_CLOCK_DIFFERENCE_MS) return SAME_CLOCK;
  return { offsetMs, uncertaintyMs: MAX_CLOCK_DIFFERENCE_MS };
}

/** Returns this process's time, milliseconds since the epoch. It does not jump when somebody sets the machine's clock. */
export function processTimeMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Smallest offset that is worth a message, milliseconds. */
const MIN_TOLD_OFFSET_MS = 100;

/** Describes an offset that matters to people: `the engine's clock is 0.5 s behind this machine's`; undefined for others. */
export function describeClockOffset(offsetMs: number): string | undefined {
  if (Math.abs(offsetMs) < MIN_TOLD_OFFSET_MS) return undefined;
  const seconds = Number((Math.abs(offsetMs) / 1_000).toFixed(1));
  return `the engine's clock is ${seconds} s ${offsetMs < 0 ? 'behind' : 'ahead of'} this machine's`;
}

/** Smallest difference between the clocks of two hosts that is worth a message, milliseconds: it changes the order of log lines. */
const MIN_TOLD_DIFFERENCE_MS = 10;

/** Describes a difference that matters between the clocks of two hosts: `the clock of beta is 40 ms ahead of alpha's`. */
export function describeClockDifference(host: string, aheadMs: number, other: string): string | undefined {
  if (Math.abs(aheadMs) < MIN_TOLD_DIFFERENCE_MS) return undefined;
  const amount =
    Math.abs(aheadMs) < 1_000 ? `${Math.round(Math.abs(aheadMs))} ms` : `${(Math.abs(aheadMs) / 1_000).toFixed(1)} s`;
  return `the clock of ${host} is ${amount} ${aheadMs < 0 ? 'behind' : 'ahead of'} ${other}'s`;
}
