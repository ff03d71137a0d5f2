import { describe, expect, it } from 'vitest';
import {
  describeClockDifference,
  describeClockOffset,
  earliestTime,
  offsetOf,
  SAME_CLOCK,
  wallClockOffset,
} from '../../../src/shared/time/clock-offset.ts';

const reading = (askedAtMs: number, timeMs: number, answeredAtMs: number) => ({ askedAtMs, timeMs, answeredAtMs });

describe('offsetOf', () => {
  it.each([
    ['in the middle of the request', [reading(1_000, 1_010, 1_020)]],
    ['at its start', [reading(1_000, 1_000, 1_020)]],
    ['at its end', [reading(1_000, 1_020, 1_020)]],
  ])('takes a time %s for the same clock', (_, readings) => {
    expect(offsetOf(readings)).toBe(SAME_CLOCK);
  });

  it.each([
    ['ahead', [reading(1_000, 7_010, 1_020)], { offsetMs: 6_000, uncertaintyMs: 10 }],
    ['behind', [reading(10_000, 4_010, 10_020)], { offsetMs: -6_000, uncertaintyMs: 10 }],
    [
      'ahead, by the shortest of several requests',
      [reading(1_000, 1_800, 1_400), reading(2_000, 2_504, 2_008), reading(3_000, 3_700, 3_200)],
      { offsetMs: 500, uncertaintyMs: 4 },
    ],
  ])('measures a clock that is %s', (_, readings, expected) => {
    expect(offsetOf(readings)).toEqual(expected);
  });
});

it.each([
  [10_000, 9_998.5, SAME_CLOCK],
  [10_000, 10_002, SAME_CLOCK],
  [10_000, 13_600, { offsetMs: -3_600, uncertaintyMs: 2 }],
  [10_000, 9_900, { offsetMs: 100, uncertaintyMs: 2 }],
])('finds how far the wall clock, at %d, is from this process at %d', (wallMs, nowMs, expected) => {
  expect(wallClockOffset(wallMs, nowMs)).toEqual(expected);
});

it('is early rather than late where an offset is not exact, or a time stamp', () => {
  expect(earliestTime(1_000, { offsetMs: 500, uncertaintyMs: 4 })).toBe(1_494);
});

it.each([
  [0, undefined],
  [-99, undefined],
  [500, "the engine's clock is 0.5 s ahead of this machine's"],
  [-6_000, "the engine's clock is 6 s behind this machine's"],
])('describes an offset of %d ms', (offsetMs, expected) => {
  expect(describeClockOffset(offsetMs)).toBe(expected);
});

it.each([
  [4, undefined],
  [-9, undefined],
  [40, "the clock of beta is 40 ms ahead of the manager's"],
  [-1_260, "the clock of beta is 1.3 s behind the manager's"],
])('says that a host is %i ms ahead of another: %s', (aheadMs, expected) => {
  expect(describeClockDifference('beta', aheadMs, 'the manager')).toBe(expected);
});
