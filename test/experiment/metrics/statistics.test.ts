import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bootstrapEstimate,
  mean,
  median,
  percentile,
  resample,
  resampledDifference,
  shareDifference,
  shareEstimate,
} from '../../../src/experiment/metrics/statistics.ts';
import { seededRandom } from '../../../src/shared/seeded-random.ts';

const numbers = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 60 });

describe('percentiles', () => {
  it('are the smallest value that so many of the values do not exceed', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const enough = (one: number) => values.filter((value) => value <= one).length * 100 >= percent * values.length;
        expect(percentile(values, percent)).toBeCloseTo(Math.min(...values.filter(enough)), 9);
      }),
    );
  });

  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[1, Number.POSITIVE_INFINITY, 2], 2],
    [[1, Number.POSITIVE_INFINITY], Number.POSITIVE_INFINITY],
    [[Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], Number.POSITIVE_INFINITY],
  ])('of %j have the median %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('need at least one value', () => {
    for (const of of [() => mean([]), () => median([]), () => percentile([], 50)]) expect(of).toThrow(RangeError);
  });
});

describe('an interval', () => {
  /** Roughly normal draws around a middle. */
  function draws(seed: number, count: number, middle: number): number[] {
    const stream = seededRandom(seed);
    const one = () =>
      Array.from({ length: 12 }, () => stream.integerBelow(1_000_000) / 1e6).reduce((sum, x) => sum + x, -6);
    return Array.from({ length: count }, () => middle + one());
  }

  it('contains the true value about as often as it claims', () => {
    let held = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const { low, high } = bootstrapEstimate(draws(seed, 30, 5), mean);
      if (low! <= 5 && 5 <= high!) held++;
    }
    expect(held).toBeGreaterThanOrEqual(87);
    expect(held).toBeLessThan(100);
  });

  it('is the same each time, and needs more than one item', () => {
    const items = draws(3, 10, 0);
    expect(bootstrapEstimate(items, mean)).toEqual(bootstrapEstimate(items, mean));
    expect(bootstrapEstimate([4], mean)).toEqual({ value: 4, low: null, high: null });
    expect(bootstrapEstimate([], (all) => (all.length === 0 ? null : mean(all)))).toEqual({
      value: null,
      low: null,
      high: null,
    });
  });

  it('ends at never where some of the values are never', () => {
    const { value, low, high } = bootstrapEstimate([1, 2, 3, Number.POSITIVE_INFINITY], median);
    expect(value).toBe(2.5);
    expect(low).toBe(1);
    expect(high).toBe(Number.POSITIVE_INFINITY);
    const never = bootstrapEstimate([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], median);
    expect(never).toEqual({ value: Number.POSITIVE_INFINITY, low: 1, high: Number.POSITIVE_INFINITY });
  });

  it('of a difference excludes 0 only where there is one', () => {
    const difference = (a: number[], b: number[]) => resampledDifference(resample(a, mean), resample(b, mean, 1));
    const apart = difference(draws(1, 20, 0), draws(2, 20, 3));
    expect(apart.low).toBeGreaterThan(2);
    expect(apart.high).toBeLessThan(4);
    const alike = difference(draws(1, 20, 0), draws(2, 20, 0));
    expect(alike.low).toBeLessThan(0);
    expect(alike.high).toBeGreaterThan(0);
  });
});

describe('the interval of a share', () => {
  const trials = (...successes: number[]) => successes.map((count) => ({ successes: count, trials: 10 }));

  it('is that of all trials where items differ no more than chance makes them', () => {
    const { value, low, high } = shareEstimate(trials(9, 8, 9, 10, 9));
    expect(value).toBe(0.9);
    // Wilson's for 45 of 50.
    expect(low).toBeCloseTo(0.786, 3);
    expect(high).toBeCloseTo(0.957, 3);
  });

  it('is wider where the trials of one item go the same way', () => {
    const alike = shareEstimate(trials(5, 5, 5, 5));
    const clustered = shareEstimate(trials(10, 0, 10, 0));
    expect(clustered.value).toBe(alike.value);
    expect(clustered.high! - clustered.low!).toBeGreaterThan(1.8 * (alike.high! - alike.low!));
  });

  it.each([
    [0.5, false],
    [0.9, false],
    [0.5, true],
    [0.75, true],
  ])('contains the true share of %d about as often as it claims; whole items alike: %s', (share, isClustered) => {
    let held = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const random = seededRandom(seed);
      const items = Array.from({ length: 20 }, () => {
        const all = random.chance(share);
        const successes = Array.from({ length: 5 }, () => (isClustered ? all : random.chance(share)));
        return { successes: successes.filter((success) => success).length, trials: 5 };
      });
      const { low, high } = shareEstimate(items);
      if (low! <= share && share <= high!) held++;
    }
    expect(held / 400).toBeGreaterThan(0.91);
    expect(held / 400).toBeLessThan(0.99);
  });

  it('of a difference lies between -1 and 1, and excludes 0 only where shares are apart', () => {
    const of = (...successes: number[]) => shareEstimate(trials(...successes));
    // Newcombe's example (a): 56 of 70 against 48 of 80.
    const { value, low, high } = shareDifference(
      shareEstimate([{ successes: 48, trials: 80 }]),
      shareEstimate([{ successes: 56, trials: 70 }]),
    );
    expect(value).toBeCloseTo(0.2, 9);
    expect(low).toBeCloseTo(0.0524, 3);
    expect(high).toBeCloseTo(0.3339, 3);
    expect(shareDifference(of(10, 10), of(10, 10))).toMatchObject({ value: 0 });
    expect(shareDifference(of(0, 0), of(10, 10)).high).toBeLessThanOrEqual(1);
    expect(shareDifference(of(0, 0), of(10, 10)).low).toBeGreaterThan(0.5);
  });
});
