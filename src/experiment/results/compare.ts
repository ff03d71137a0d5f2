import { METRICS, type MetricName } from '../metrics/metrics.ts';
import type { ParameterLabel } from '../metrics/samples.ts';
import { bootstrapDifference, type IntervalEstimate } from '../metrics/statistics.ts';
import type { Results } from './results-folder.ts';
import { type CellSummary, resamplingUnits, summariseCells } from './summary.ts';

/** One metric of one cell in two results. */
export interface MetricComparison {
  parameters: Record<string, ParameterLabel>;
  figure: MetricName;
  a: number | null;
  b: number | null;
  /** `b` minus `a`. */
  difference: IntervalEstimate;
  /**
   * `higher`, `lower`: b is, and the interval of the difference does not contain 0. `same`: both values are equal. `unclear`:
   * the interval contains 0, so the difference may be chance. `unknown`: there is too little data.
   */
  verdict: 'higher' | 'lower' | 'same' | 'unclear' | 'unknown';
}

export interface ResultsComparison {
  comparisons: MetricComparison[];
  /** Cells that only one of the two has. */
  onlyA: string[];
  onlyB: string[];
}

/** Compares two results cell by cell: those with the same parameters, in the metrics that `a` measures. */
export function compareResults(a: Results, b: Results): ResultsComparison {
  const cellsA = summariseCells(a.experiment, a.runs);
  const cellsB = summariseCells(b.experiment, b.runs);
  const comparisons = cellsA.flatMap((one) => {
    const other = cellsB.find(({ cell }) => cell === one.cell);
    return other ? a.experiment.measure.map((figure) => compareCells(one, other, figure)) : [];
  });
  const namesOnlyIn = (cells: readonly CellSummary[], others: readonly CellSummary[]) =>
    cells.map(({ cell }) => cell).filter((cell) => !others.some((other) => other.cell === cell));
  return { comparisons, onlyA: namesOnlyIn(cellsA, cellsB), onlyB: namesOnlyIn(cellsB, cellsA) };
}

function compareCells(one: CellSummary, other: CellSummary, figure: MetricName): MetricComparison {
  const difference = bootstrapDifference(
    resamplingUnits(one.runs),
    resamplingUnits(other.runs),
    METRICS[figure].compute,
  );
  const [a, b] = [one.metrics[figure].value, other.metrics[figure].value];
  return { parameters: one.parameters, figure, a, b, difference, verdict: verdictOf(difference) };
}

function verdictOf({ value, low, high }: IntervalEstimate): MetricComparison['verdict'] {
  if (value === 0 && (low === null || (low === 0 && high === 0))) return 'same';
  if (value === null || low === null || high === null) return 'unknown';
  if (low > 0) return 'higher';
  return high < 0 ? 'lower' : 'unclear';
}
