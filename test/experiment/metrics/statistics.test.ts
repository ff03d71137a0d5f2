import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bootstrapDifference,
  bootstrapEstimate,
  mean,
  median,
  percentile,
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

  it('has no upper end where some of the values are never', () => {
    const { value, low, high } = bootstrapEstimate([1, 2, 3, Number.POSITIVE_INFINITY], median);
    expect(value).toBe(2.5);
    expect(low).toBe(1);
    expect(high).toBeNull();
  });

  it('of a difference excludes 0 only where there is one', () => {
    const apart = bootstrapDifference(draws(1, 20, 0), draws(2, 20, 3), mean);
    expect(apart.low).toBeGreaterThan(2);
    expect(apart.high).toBeLessThan(4);
    const alike = bootstrapDifference(draws(1, 20, 0), draws(2, 20, 0), mean);
    expect(alike.low).toBeLessThan(0);
    expect(alike.high).toBeGreaterThan(0);
  });
});
