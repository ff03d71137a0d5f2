import { seededRandom } from '../../shared/seeded-random.ts';

/** A value with its 95 % interval. */
export interface IntervalEstimate {
  /** Null where there is nothing to compute it from. */
  value: number | null;
  /** Null where there are too few items to estimate an interval. */
  low: number | null;
  high: number | null;
}

const BOOTSTRAP_RESAMPLES = 1_000;
/** Fixed, so that every report of the same samples shows the same intervals. */
const BOOTSTRAP_SEED = 1;

// Not simple-statistics: a minor version (7.12) redefined its quantiles, infinite values, which stand for "never" here, give
// NaN in it, and its means differ from those of earlier results in the last digits.

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** @throws RangeError on an empty list */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the mean of no values');
  return sum(values) / values.length;
}

/**
 * Returns the smallest of the values that at least `percent` of all do not exceed (nearest rank).
 * @throws RangeError on an empty list
 */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new RangeError('a percentile of no values');
  const sorted = sortAscending(values);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!;
}

/** A typed array sorts many times faster than a list, and every interval sorts a thousand times. */
const sortAscending = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();

/** @throws RangeError on an empty list */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of no values');
  const sorted = sortAscending(values);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Computes a statistic with its interval by a bootstrap (Efron, Annals of Statistics 7, 1979; percentile method). Items are
 * resampled as a whole, so they have to be independent: a run with all its messages is one item.
 */
export function bootstrapEstimate<T>(
  items: readonly T[],
  statistic: (items: readonly T[]) => number | null,
): IntervalEstimate {
  const value = finiteOrNull(statistic(items));
  if (value === null || items.length < 2) return { value, low: null, high: null };
  return { value, ...centralInterval(resample(items, statistic, BOOTSTRAP_SEED)) };
}

/** Computes the difference of a statistic between two sets of items, `b` minus `a`, with its interval. */
export function bootstrapDifference<T>(
  a: readonly T[],
  b: readonly T[],
  statistic: (items: readonly T[]) => number | null,
): IntervalEstimate {
  const [valueA, valueB] = [finiteOrNull(statistic(a)), finiteOrNull(statistic(b))];
  const value = valueA === null || valueB === null ? null : valueB - valueA;
  if (value === null || a.length < 2 || b.length < 2) return { value, low: null, high: null };
  const resampledA = resample(a, statistic, BOOTSTRAP_SEED);
  const resampledB = resample(b, statistic, BOOTSTRAP_SEED + 1);
  return { value, ...centralInterval(resampledB.map((other, index) => other - resampledA[index]!)) };
}

/** A statistic without a value counts as infinite: what it measures never happened. */
function resample<T>(items: readonly T[], statistic: (items: readonly T[]) => number | null, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: BOOTSTRAP_RESAMPLES }, () => {
    const drawn = items.map(() => items[random.integerBelow(items.length)]!);
    return statistic(drawn) ?? Number.POSITIVE_INFINITY;
  });
}

function centralInterval(drawn: readonly number[]): { low: number | null; high: number | null } {
  if (drawn.some(Number.isNaN)) return { low: null, high: null };
  return { low: finiteOrNull(percentile(drawn, 2.5)), high: finiteOrNull(percentile(drawn, 97.5)) };
}

const finiteOrNull = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);
