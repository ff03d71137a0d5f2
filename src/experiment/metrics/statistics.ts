import { seededRandom } from '../../shared/seeded-random.ts';

/** A figure and how far it may be off: 95 % of what resampling gives lies between `low` and `high`. */
export interface IntervalEstimate {
  /** Null where there is nothing to work it out from. */
  value: number | null;
  /** Null where there are too few to tell. */
  low: number | null;
  high: number | null;
}

/** Resamplings of a bootstrap. */
const BOOTSTRAP_RESAMPLES = 1_000;
/** Every report of the same samples shows the same intervals. */
const BOOTSTRAP_SEED = 1;

/** @throws RangeError on an empty list */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the mean of nothing');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The value that `percent` of all do not exceed: one of the values themselves (nearest rank), exact.
 * @throws RangeError on an empty list
 */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new RangeError('a percentile of nothing');
  const sorted = sortAscending(values);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!;
}

/** Many times as fast as sorting a list, and done a thousand times for each interval. */
const sortAscending = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();

/** @throws RangeError on an empty list */
export function median(values: readonly number[]): number {
  const sorted = sortAscending(values);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError('the median of nothing');
  // Infinity stands for "never", and there is no middle between a time and never.
  return sorted.length % 2 === 1 || upper === sorted[middle - 1] ? upper : (sorted[middle - 1]! + upper) / 2;
}

/**
 * A statistic with its interval, by a bootstrap (Efron, Annals of Statistics 7, 1979; percentile method). Items that
 * belong together, as the messages of a run do, should be one item: only what is independent can be drawn anew.
 */
export function bootstrapEstimate<T>(
  items: readonly T[],
  statistic: (items: readonly T[]) => number | null,
): IntervalEstimate {
  const value = finiteOrNull(statistic(items));
  if (value === null || items.length < 2) return { value, low: null, high: null };
  const drawn = resample(items, statistic, BOOTSTRAP_SEED);
  return { value, ...centralInterval(drawn) };
}

/** What is between two statistics (`b` less `a`), with the interval of that. */
export function bootstrapDifference<T>(
  a: readonly T[],
  b: readonly T[],
  statistic: (items: readonly T[]) => number | null,
): IntervalEstimate {
  const [one, other] = [finiteOrNull(statistic(a)), finiteOrNull(statistic(b))];
  const value = one === null || other === null ? null : other - one;
  if (value === null || a.length < 2 || b.length < 2) return { value, low: null, high: null };
  const ones = resample(a, statistic, BOOTSTRAP_SEED);
  const others = resample(b, statistic, BOOTSTRAP_SEED + 1);
  return { value, ...centralInterval(others.map((other, index) => other - ones[index]!)) };
}

/** Each drawing as large as the whole; a statistic that has no value counts as infinite: it is of something that never came. */
function resample<T>(items: readonly T[], statistic: (items: readonly T[]) => number | null, seed: number): number[] {
  const draws = seededRandom(seed);
  return Array.from({ length: BOOTSTRAP_RESAMPLES }, () => {
    const drawn = items.map(() => items[draws.integerBelow(items.length)]!);
    return statistic(drawn) ?? Number.POSITIVE_INFINITY;
  });
}

function centralInterval(drawn: readonly number[]): { low: number | null; high: number | null } {
  if (drawn.some(Number.isNaN)) return { low: null, high: null };
  return { low: finiteOrNull(percentile(drawn, 2.5)), high: finiteOrNull(percentile(drawn, 97.5)) };
}

const finiteOrNull = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);
