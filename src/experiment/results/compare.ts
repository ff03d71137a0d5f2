import { METRICS, type MetricName } from '../metrics/metrics.ts';
import { bootstrapDifference, type IntervalEstimate } from '../metrics/statistics.ts';
import type { ParameterLabel } from '../plan/experiment.ts';
import type { Results } from './results-folder.ts';
import { type CellSummary, resamplingUnits, summariseCells } from './summary.ts';

/** What one figure is in one cell of two results. */
export interface MetricComparison {
  parameters: Record<string, ParameterLabel>;
  figure: MetricName;
  a: number | null;
  b: number | null;
  /** Of `b` less `a`. */
  difference: IntervalEstimate;
  /**
   * `higher`, `lower`: b's, and the interval of the difference leaves 0 out; `same`: both have one and the same value;
   * `unclear`: the interval holds 0, so that chance alone may be what differs; `unknown`: there is too little to tell.
   */
  verdict: 'higher' | 'lower' | 'same' | 'unclear' | 'unknown';
}

export interface ResultsComparison {
  comparisons: MetricComparison[];
  /** Cells that only one of the two has. */
  onlyA: string[];
  onlyB: string[];
}

/** Compares two results cell by cell: those whose parameters are the same, in the figures that `a` asks for. */
export function compareResults(a: Results, b: Results): ResultsComparison {
  const [ones, others] = [a, b].map(({ experiment, runs }) => summariseCells(experiment, runs)) as [
    CellSummary[],
    CellSummary[],
  ];
  const find = (rows: readonly CellSummary[], cell: string) => rows.find((row) => row.cell === cell);
  const comparisons = ones.flatMap((one) => {
    const other = find(others, one.cell);
    return other ? a.experiment.measure.map((figure) => compareCells(one, other, figure)) : [];
  });
  const lacking = (rows: readonly CellSummary[], there: readonly CellSummary[]) =>
    rows.filter(({ cell }) => !find(there, cell)).map(({ cell }) => cell);
  return { comparisons, onlyA: lacking(ones, others), onlyB: lacking(others, ones) };
}

function compareCells(one: CellSummary, other: CellSummary, figure: MetricName): MetricComparison {
  const { compute: of } = METRICS[figure];
  const between = bootstrapDifference(resamplingUnits(one.runs), resamplingUnits(other.runs), (runs) => of(runs));
  const [a, b] = [one.metrics[figure].value, other.metrics[figure].value];
  return { parameters: one.parameters, figure, a, b, difference: between, verdict: verdictOf(between) };
}

function verdictOf({ value, low, high }: IntervalEstimate): MetricComparison['verdict'] {
  if (value === 0 && (low === null || (low === 0 && high === 0))) return 'same';
  if (value === null || low === null || high === null) return 'unknown';
  if (low > 0) return 'higher';
  return high < 0 ? 'lower' : 'unclear';
}
