import { formatMetric, independentUnits, type MetricName, messagesOf, metricNamed, NEVER } from '../metrics/metrics.ts';
import type { ParameterLabel } from '../metrics/samples.ts';
import {
  correctForMany,
  rankTest,
  SIGNIFICANCE_LEVEL,
  smallestProbability,
  valuesNeeded,
} from '../metrics/significance.ts';
import { type IntervalEstimate, resample, resampledDifference, shareDifference } from '../metrics/statistics.ts';
import type { Results } from './results-folder.ts';
import { type CellSummary, estimateOf, summariseCells } from './summary.ts';

/** One metric of two cells, or of one cell in two results. */
export interface MetricComparison {
  figure: MetricName;
  a: number | null;
  b: number | null;
  /** `b` minus `a`. Infinite where only one of them is. */
  difference: IntervalEstimate;
  /** Probability of values at least as far apart if nothing differs; null where there is too little data. */
  p: number | null;
  /** The same, corrected for the number of comparisons. */
  correctedP: number | null;
  /**
   * `higher`, `lower`: b is, by more than chance. `same`: all values are equal. `unclear`: the difference may be chance.
   * `unknown`: there are too few runs to tell any difference from chance.
   */
  verdict: 'higher' | 'lower' | 'same' | 'unclear' | 'unknown';
}

/** A comparison of the same cell in two results. */
export interface ResultsMetricComparison extends MetricComparison {
  parameters: Record<string, ParameterLabel>;
}

export interface ResultsComparison {
  comparisons: ResultsMetricComparison[];
  /** Cells that only one of the two has. */
  onlyA: string[];
  onlyB: string[];
  /** Runs of each cell from which on a difference can be told; absent where there are as many. */
  needed?: number;
}

/** A comparison of two cells of the same results. */
export interface CellMetricComparison extends MetricComparison {
  cellA: string;
  cellB: string;
}

/** Compares two results cell by cell: those with the same parameters, by default in the metrics that `a` measures. */
export function compareResults(
  a: Pick<Results, 'experiment' | 'runs'>,
  b: Pick<Results, 'experiment' | 'runs'>,
  metrics: readonly MetricName[] = a.experiment.measure,
): ResultsComparison {
  const cellsA = summariseCells(a.experiment, a.runs, metrics);
  const cellsB = summariseCells(b.experiment, b.runs, metrics);
  const pairs = cellsA.flatMap((one) => {
    const other = cellsB.find(({ cell }) => cell === one.cell);
    return other ? [[one, other] as const] : [];
  });
  const namesOnlyIn = (cells: readonly CellSummary[], others: readonly CellSummary[]) =>
    cells.map(({ cell }) => cell).filter((cell) => !others.some((other) => other.cell === cell));
  const comparisons = compare(pairs, metrics).map(([[{ parameters }], compared]) => ({ parameters, ...compared }));
  const needed = runsNeeded(pairs, comparisons);
  return {
    comparisons,
    onlyA: namesOnlyIn(cellsA, cellsB),
    onlyB: namesOnlyIn(cellsB, cellsA),
    ...(needed === undefined ? {} : { needed }),
  };
}

export const VERDICT_TEXTS: Record<MetricComparison['verdict'], string> = {
  higher: 'B is higher',
  lower: 'B is lower',
  same: 'the same',
  unclear: 'no significant difference',
  unknown: 'too few runs',
};

/** Formats a difference with its sign; one that is infinite by the side that never got there. */
export function formatDifference(value: number | null): string {
  if (value === null) return formatMetric(null);
  if (!Number.isFinite(value)) return `${value > 0 ? 'B' : 'A'} ${NEVER}`;
  return `${value > 0 ? '+' : ''}${formatMetric(value)}`;
}

/** Formats the interval of a difference: empty where it is unknown or has a single value. */
export function formatDifferenceInterval({ low, high }: Pick<IntervalEstimate, 'low' | 'high'>): string {
  return low === null || high === null || low === high ? '' : `${formatDifference(low)} to ${formatDifference(high)}`;
}

export type CellPair = readonly [a: CellSummary, b: CellSummary];

/** Compares pairs of cells. Probabilities are corrected for all comparisons together. */
export function compareCells(pairs: readonly CellPair[], metrics: readonly MetricName[]): CellMetricComparison[] {
  return compare(pairs, metrics).map(([[a, b], compared]) => ({ cellA: a.cell, cellB: b.cell, ...compared }));
}

/**
 * Returns the number of runs of each cell from which on a difference can be told from chance, if the cells compared have
 * fewer; undefined if they have enough.
 */
export function runsNeeded(pairs: readonly CellPair[], comparisons: readonly MetricComparison[]): number | undefined {
  const needed = valuesNeeded(comparisons.filter(({ p }) => p !== null).length);
  const fewest = Math.min(...pairs.flat().map(({ runs }) => (runs.length > 1 ? runs : messagesOf(runs)).length));
  return fewest < needed ? needed : undefined;
}

function compare(pairs: readonly CellPair[], metrics: readonly MetricName[]): [CellPair, MetricComparison][] {
  const draws = new DrawCache();
  const tests = pairs.flatMap((pair) =>
    metrics.map((figure) => {
      const values = [valuesOf(pair[0], figure), valuesOf(pair[1], figure)] as const;
      return { pair, figure, values, p: rankTest(...values) };
    }),
  );
  const corrected = correctForMany(tests.map(({ p }) => p));
  return tests.map(({ pair, figure, values, p }, index) => {
    const [a, b] = pair.map((cell) => estimateOf(cell, figure).value) as [number | null, number | null];
    const difference = differenceOf(pair, figure, draws);
    const correctedP = corrected[index]!;
    return [pair, { figure, a, b, difference, p, correctedP, verdict: verdictOf(values, difference, correctedP) }];
  });
}

/** Returns the values of a metric for each run of a cell; for each message where there is one run. */
function valuesOf({ runs }: CellSummary, figure: MetricName): number[] {
  const { compute } = metricNamed(figure);
  return independentUnits(figure, runs).flatMap((unit) => compute([unit]) ?? []);
}

function differenceOf([one, other]: CellPair, figure: MetricName, draws: DrawCache): IntervalEstimate {
  const [a, b] = [estimateOf(one, figure), estimateOf(other, figure)];
  if (metricNamed(figure).countTrials) return shareDifference(a, b);
  // Two that are never are equal, and have no difference.
  const value = a.value === null || b.value === null || a.value === b.value ? null : b.value - a.value;
  const isEqual = a.value !== null && a.value === b.value;
  const [drawnA, drawnB] = [draws.get(one, figure, 0), draws.get(other, figure, 1)];
  const interval = drawnA && drawnB ? resampledDifference(drawnA, drawnB) : { low: null, high: null };
  return { value: isEqual ? 0 : value, ...interval };
}

function verdictOf(
  [a, b]: readonly [readonly number[], readonly number[]],
  { value }: IntervalEstimate,
  correctedP: number | null,
): MetricComparison['verdict'] {
  if (a.length > 0 && b.length > 0 && new Set([...a, ...b]).size === 1) return 'same';
  if (correctedP === null || value === null || smallestProbability(a.length, b.length) > SIGNIFICANCE_LEVEL)
    return 'unknown';
  if (correctedP > SIGNIFICANCE_LEVEL || value === 0) return 'unclear';
  return value > 0 ? 'higher' : 'lower';
}

/** Resampled metrics of cells, each of which is compared with several others. */
class DrawCache {
  readonly #draws = new Map<string, number[]>();

  /** @returns undefined where there are too few units to resample */
  get({ cell, runs }: CellSummary, figure: MetricName, stream: number): number[] | undefined {
    const units = independentUnits(figure, runs);
    if (units.length < 2) return undefined;
    const key = `${cell} ${figure} ${stream}`;
    const known = this.#draws.get(key) ?? resample(units, metricNamed(figure).compute, stream);
    this.#draws.set(key, known);
    return known;
  }
}
