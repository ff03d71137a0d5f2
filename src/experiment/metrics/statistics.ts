import { seededRandom } from '../../shared/seeded-random.ts';
import { wilsonInterval } from '../../shared/wilson-interval.ts';

/** A value with its 95 % interval. Infinity stands for never. */
export interface IntervalEstimate {
  /** Null where there is nothing to compute it from. */
  value: number | null;
  /** Null where there are too few items to estimate an interval. */
  low: number | null;
  high: number | null;
}

/** Number of trials that succeeded, of all. */
export interface TrialCount {
  successes: number;
  trials: number;
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
const sortAscending = (values: readonly number[]): Float64Array => new Float64Array(values).sort();

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
  const value = statistic(items);
  if (value === null || items.length < 2) return { value, low: null, high: null };
  return { value, ...centralInterval(resample(items, statistic)) };
}

/**
 * Computes a share with Wilson's interval. Trials of one item, such as the messages of one run, may depend on each other:
 * where items differ by more than trials that are independent would, the interval is that of fewer trials (the design effect:
 * Kish, Survey Sampling, 1965). Where all trials succeed or none does, nothing tells how much they depend on each other, and
 * each of them counts.
 */
export function shareEstimate(items: readonly TrialCount[]): IntervalEstimate {
  const trials = sum(items.map((item) => item.trials));
  if (trials === 0) return { value: null, low: null, high: null };
  const share = sum(items.map(({ successes }) => successes)) / trials;
  return { value: share, ...wilsonInterval(share, effectiveTrials(items, share, trials)) };
}

function effectiveTrials(items: readonly TrialCount[], share: number, trials: number): number {
  const squares = sum(items.map((item) => (item.successes - share * item.trials) ** 2));
  const variance = ((items.length / (items.length - 1)) * squares) / trials ** 2;
  const independent = (share * (1 - share)) / variance;
  return items.length > 1 && variance > 0 ? Math.min(trials, independent) : trials;
}

/**
 * Computes the difference of two shares, `b` minus `a`, with its interval from theirs (Newcombe, "Interval estimation for the
 * difference between independent proportions", Statistics in Medicine 17, 1998; method 10).
 */
export function shareDifference(a: IntervalEstimate, b: IntervalEstimate): IntervalEstimate {
  if (a.value === null || b.value === null) return { value: null, low: null, high: null };
  const value = b.value - a.value;
  return {
    value,
    low: value - Math.hypot(b.value - b.low!, a.high! - a.value),
    high: value + Math.hypot(b.high! - b.value, a.value - a.low!),
  };
}

/**
 * Returns the values of a statistic over items that are drawn with replacement, in a thousand such draws. One without a value
 * counts as infinite: what it measures never happened.
 * @param stream draws of different streams are independent of each other
 */
export function resample<T>(
  items: readonly T[],
  statistic: (items: readonly T[]) => number | null,
  stream = 0,
): number[] {
  const random = seededRandom(BOOTSTRAP_SEED + stream);
  return Array.from({ length: BOOTSTRAP_RESAMPLES }, () => {
    const drawn = items.map(() => items[random.integerBelow(items.length)]!);
    return statistic(drawn) ?? Number.POSITIVE_INFINITY;
  });
}

/** Returns the interval of the difference between two resampled statistics, `b` minus `a`. */
export function resampledDifference(
  a: readonly number[],
  b: readonly number[],
): Pick<IntervalEstimate, 'low' | 'high'> {
  return centralInterval(b.map((other, index) => other - a[index]!));
}

function centralInterval(drawn: readonly number[]): { low: number | null; high: number | null } {
  if (drawn.some(Number.isNaN)) return { low: null, high: null };
  return { low: percentile(drawn, 2.5), high: percentile(drawn, 97.5) };
}
