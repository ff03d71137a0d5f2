import type { Label } from './experiment.ts';
import { FIGURES, type FigureName } from './figures.ts';
import type { Results } from './results.ts';
import { difference, type Estimate } from './statistics.ts';
import { independent, type Row, summarise } from './summary.ts';

/** What one figure is in one cell of two results. */
export interface Comparison {
  parameters: Record<string, Label>;
  figure: FigureName;
  a: number | null;
  b: number | null;
  /** Of `b` less `a`. */
  difference: Estimate;
  /**
   * `higher`, `lower`: b's, and the interval of the difference leaves 0 out; `same`: both have one and the same value;
   * `unclear`: the interval holds 0, so that chance alone may be what differs; `unknown`: there is too little to tell.
   */
  verdict: 'higher' | 'lower' | 'same' | 'unclear' | 'unknown';
}

export interface Compared {
  comparisons: Comparison[];
  /** Cells that only one of the two has. */
  onlyA: string[];
  onlyB: string[];
}

/** Compares two results cell by cell: those whose parameters are the same, in the figures that `a` asks for. */
export function compare(a: Results, b: Results): Compared {
  const [ones, others] = [a, b].map(({ experiment, runs }) => summarise(experiment, runs)) as [Row[], Row[]];
  const find = (rows: readonly Row[], cell: string) => rows.find((row) => row.cell === cell);
  const comparisons = ones.flatMap((one) => {
    const other = find(others, one.cell);
    return other ? a.experiment.measure.map((figure) => compareRows(one, other, figure)) : [];
  });
  const lacking = (rows: readonly Row[], there: readonly Row[]) =>
    rows.filter(({ cell }) => !find(there, cell)).map(({ cell }) => cell);
  return { comparisons, onlyA: lacking(ones, others), onlyB: lacking(others, ones) };
}

function compareRows(one: Row, other: Row, figure: FigureName): Comparison {
  const { of } = FIGURES[figure];
  const between = difference(independent(one.runs), independent(other.runs), (runs) => of(runs));
  const [a, b] = [one.figures[figure].value, other.figures[figure].value];
  return { parameters: one.parameters, figure, a, b, difference: between, verdict: verdictOf(between) };
}

function verdictOf({ value, low, high }: Estimate): Comparison['verdict'] {
  if (value === 0 && (low === null || (low === 0 && high === 0))) return 'same';
  if (value === null || low === null || high === null) return 'unknown';
  if (low > 0) return 'higher';
  return high < 0 ? 'lower' : 'unclear';
}
