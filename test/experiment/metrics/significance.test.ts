import { describe, expect, it } from 'vitest';
import {
  correctForMany,
  rankTest,
  smallestProbability,
  valuesNeeded,
} from '../../../src/experiment/metrics/significance.ts';
import { seededRandom } from '../../../src/shared/seeded-random.ts';

const INFINITY = Number.POSITIVE_INFINITY;

describe('the rank test', () => {
  // Expected values: wilcox.exact of R's exactRankTests, and by hand for the smallest.
  it.each<[number[], number[], number]>([
    [[1], [2], 1],
    [[1, 2, 3], [4, 5, 6], 0.1],
    [[1, 2, 3, 4], [5, 6, 7, 8], 2 / 70],
    [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2 / 252],
    [[1, 2, 5], [3, 4, 6], 0.4],
    [[3, 3, 3], [3, 3, 3], 1],
    // Ties: of the ten choices of two ranks from 1, 2.5, 2.5, 4, 5, two are as far out as 1 + 2.5.
    [[1, 2], [2, 3, 4], 3 / 10],
    // Never is later than any time, and as late as never.
    [[1, 2, 3, 4], [INFINITY, INFINITY, 9, INFINITY], 2 / 70],
  ])('of %j and %j gives %d', (a, b, expected) => {
    expect(rankTest(a, b)).toBeCloseTo(expected, 9);
    expect(rankTest(b, a)).toBeCloseTo(expected, 9);
  });

  it('needs values on both sides', () => {
    expect(rankTest([], [1])).toBeNull();
  });

  it('finds a difference by chance about as often as it claims, exact or not', () => {
    for (const count of [12, 30]) {
      const found = Array.from({ length: 400 }, (_, seed) => {
        const random = seededRandom(seed + 1);
        const draw = () => Array.from({ length: count }, () => random.integerBelow(1_000));
        return rankTest(draw(), draw())! <= 0.05;
      });
      const share = found.filter((one) => one).length / found.length;
      expect(share, `${count} values`).toBeGreaterThan(0.02);
      expect(share, `${count} values`).toBeLessThan(0.08);
    }
  });

  it('changes little where it is no longer exact', () => {
    const values = (count: number, from: number) => Array.from({ length: count }, (_, index) => from + index);
    expect(rankTest(values(21, 0), values(20, 7.5))).toBeCloseTo(rankTest(values(20, 0), values(20, 7.5))!, 1);
    expect(rankTest(values(30, 0), values(30, 100))).toBeLessThan(1e-9);
  });
});

it('corrects for many comparisons as Holm does', () => {
  expect(correctForMany([0.01, null, 0.04, 0.03])).toEqual([0.03, null, 0.06, 0.06]);
  expect(correctForMany([0.5, 0.9])).toEqual([1, 1]);
  expect(correctForMany([])).toEqual([]);
});

it.each([
  [1, 4],
  [6, 5],
  [54, 7],
])('tells a difference among %i comparisons from %i values on', (comparisons, expected) => {
  expect(valuesNeeded(comparisons)).toBe(expected);
  expect(smallestProbability(3, 3)).toBeCloseTo(0.1, 12);
});
