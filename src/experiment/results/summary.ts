import { formatCsvRow } from '../../shared/csv.ts';
import { estimateMetric, METRIC_NAMES, type MetricName, messagesOf, NEVER } from '../metrics/metrics.ts';
import type { CompleteRun, ParameterLabel } from '../metrics/samples.ts';
import type { IntervalEstimate } from '../metrics/statistics.ts';
import type { Experiment } from '../plan/experiment.ts';
import { listCells } from '../plan/matrix.ts';

/** Runs and metrics of one cell of the matrix. */
export interface CellSummary {
  cell: string;
  parameters: Record<string, ParameterLabel>;
  runs: CompleteRun[];
  /** Those that were asked for: by default every metric that needs no argument, and those that the experiment measures. */
  metrics: Record<MetricName, IntervalEstimate>;
}

/** Summarises the cells that have a complete run, in the order of the matrix. */
export function summariseCells(
  experiment: Pick<Experiment, 'axes' | 'measure'>,
  runs: readonly CompleteRun[],
  names: readonly MetricName[] = summarisedMetrics(experiment),
): CellSummary[] {
  return listCells(experiment.axes).flatMap((cell) => {
    const own = runs.filter((run) => run.cell === cell);
    if (own.length === 0) return [];
    const metrics = Object.fromEntries(
      names.map((name) => [name, estimateMetric(name, own)]),
    ) as CellSummary['metrics'];
    return { cell, parameters: own[0]!.parameters, runs: own, metrics };
  });
}

/** Lists the metrics of a summary, in the order of its file. */
const summarisedMetrics = ({ measure }: Pick<Experiment, 'measure'>): MetricName[] => [
  ...new Set([...METRIC_NAMES, ...measure]),
];

/** Returns a metric of a cell. @throws RangeError for one that the summary does not have */
export function estimateOf(
  { cell, metrics }: Pick<CellSummary, 'cell' | 'metrics'>,
  name: MetricName,
): IntervalEstimate {
  const estimate = metrics[name];
  if (estimate === undefined) throw new RangeError(`the summary of ${cell} has no metric "${name}"`);
  return estimate;
}

/** Fewest runs of a cell with which intervals are more than a rough guess. */
const MIN_RUNS = 5;

/** Says that cells have too few runs for their intervals to be relied on; undefined where they have enough. */
export function describeTooFewRuns(cells: readonly CellSummary[]): string | undefined {
  const fewest = Math.min(...cells.map(({ runs }) => runs.length));
  if (fewest >= MIN_RUNS) return undefined;
  if (fewest === 1) return '1 run a cell: intervals say how its messages differ, and nothing about other runs';
  return `${fewest} runs a cell: intervals are hardly more than their range`;
}

/** Writes summary.csv (RFC 4180): a row for each cell, with each metric and the ends of its interval. */
export function summaryCsv(
  { axes, measure }: Pick<Experiment, 'axes' | 'measure'>,
  cells: readonly CellSummary[],
): string {
  const names = summarisedMetrics({ measure });
  const heading = [
    ...axes.map(({ name }) => name),
    'runs',
    'messages',
    ...names.flatMap((name) => [name, `${name}_low`, `${name}_high`].map((column) => column.replaceAll(/[-.]/g, '_'))),
  ];
  const rows = cells.map((cell) => [
    ...axes.map(({ name }) => String(cell.parameters[name])),
    String(cell.runs.length),
    String(messagesOf(cell.runs).length),
    ...names.flatMap((name) => {
      const { value, low, high } = estimateOf(cell, name);
      return [value, low, high].map(formatCsvNumber);
    }),
  ]);
  return [heading, ...rows].map(formatCsvRow).join('');
}

/** Formats a number for a file: empty where it is unknown, `never` where it is infinite. */
export function formatCsvNumber(value: number | null): string {
  if (value === null) return '';
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : NEVER;
}
