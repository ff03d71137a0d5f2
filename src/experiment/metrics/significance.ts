import { sum } from './statistics.ts';

/** Probability of a difference by chance below which it counts as one. */
export const SIGNIFICANCE_LEVEL = 0.05;

/** Up to this many values the test is exact; beyond, its normal approximation is as good. */
const MAX_EXACT_VALUES = 40;

/**
 * Tests whether two sets of values differ (Mann and Whitney, Annals of Mathematical Statistics 18, 1947; with ties, by the
 * exact distribution of their ranks). Only the order of values matters, so infinity, which stands for never, is one of them.
 * @returns probability of ranks at least as far apart if nothing differs; null without values on either side
 */
export function rankTest(a: readonly number[], b: readonly number[]): number | null {
  if (a.length === 0 || b.length === 0) return null;
  const all = [...a, ...b];
  const doubledRanks = all.map((value) => all.filter((other) => other < value).length * 2 + countOf(all, value) + 1);
  const observed = sum(doubledRanks.slice(0, a.length));
  const expected = a.length * (all.length + 1);
  const deviation = Math.abs(observed - expected);
  if (all.length <= MAX_EXACT_VALUES) return exactProbability(doubledRanks, a.length, expected, deviation);
  const variance =
    ((a.length * b.length) / (all.length * (all.length - 1))) *
    sum(doubledRanks.map((rank) => (rank - (all.length + 1)) ** 2));
  // The sum of doubled ranks goes in steps of 2, and the continuity correction is half of one.
  return variance === 0 ? 1 : 2 * normalTail(Math.max(0, deviation - 1) / Math.sqrt(variance));
}

const countOf = (values: readonly number[], value: number): number => values.filter((other) => other === value).length;

/** Returns the share of the choices of `count` ranks whose sum is at least as far from the expected one. */
function exactProbability(ranks: readonly number[], count: number, expected: number, deviation: number): number {
  // ways[n][s]: number of choices of n of the ranks so far with the sum s.
  const ways = Array.from({ length: count + 1 }, () => new Float64Array(sum(ranks) + 1));
  ways[0]![0] = 1;
  for (const rank of ranks) {
    for (let chosen = count; chosen > 0; chosen--) {
      const [from, to] = [ways[chosen - 1]!, ways[chosen]!];
      for (let total = to.length - 1; total >= rank; total--) to[total]! += from[total - rank]!;
    }
  }
  const choices = ways[count]!;
  const extreme = choices.filter((_, total) => Math.abs(total - expected) >= deviation);
  return extreme.reduce((one, other) => one + other, 0) / choices.reduce((one, other) => one + other, 0);
}

/** Probability that a standard normal value exceeds `z` (Abramowitz and Stegun 26.2.17; error below 1e-7). */
function normalTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}

/**
 * Corrects probabilities for their number, so that the chance of any false difference among them stays below the level
 * (Holm, Scandinavian Journal of Statistics 6, 1979). Null stays null, and does not count.
 */
export function correctForMany(probabilities: readonly (number | null)[]): (number | null)[] {
  const order = probabilities
    .flatMap((probability, index) => (probability === null ? [] : [{ probability, index }]))
    .sort((one, other) => one.probability - other.probability);
  const corrected: (number | null)[] = probabilities.map(() => null);
  let largest = 0;
  for (const [rank, { probability, index }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, probability * (order.length - rank)));
    corrected[index] = largest;
  }
  return corrected;
}

/** Returns the smallest probability that {@link rankTest} can give for so many values: those of one side all exceed the others. */
export function smallestProbability(a: number, b: number): number {
  let choices = 1;
  for (let index = 1; index <= a; index++) choices *= (b + index) / index;
  return Math.min(1, 2 / choices);
}

/** Returns the number of values on each side from which on {@link rankTest} can tell a difference among so many comparisons. */
export function valuesNeeded(comparisons: number): number {
  let count = 1;
  while (smallestProbability(count, count) * comparisons > SIGNIFICANCE_LEVEL) count++;
  return count;
}
