import { formatCsvRow } from '../../shared/csv.ts';
import { METRIC_NAMES, METRICS, type MetricName } from '../metrics/metrics.ts';
import type { CompleteRun } from '../metrics/samples.ts';
import { bootstrapEstimate, type IntervalEstimate } from '../metrics/statistics.ts';
import type { Experiment, ParameterLabel } from '../plan/experiment.ts';

/** What was found in one cell of the matrix. */
export interface CellSummary {
  cell: string;
  parameters: Record<string, ParameterLabel>;
  runs: CompleteRun[];
  metrics: Record<MetricName, IntervalEstimate>;
}

/** A row for each cell that has a complete run, in the order of the matrix. */
export function summariseCells(experiment: Pick<Experiment, 'runs'>, runs: readonly CompleteRun[]): CellSummary[] {
  // The list of runs has all cells in order before it has one twice, but for nodes that differ.
  const cells = new Set(experiment.runs.map(({ cell }) => cell));
  return [...cells].flatMap((cell) => {
    const own = runs.filter((run) => run.cell === cell);
    if (own.length === 0) return [];
    return { cell, parameters: own[0]!.parameters, runs: own, metrics: computeMetrics(own) };
  });
}

function computeMetrics(runs: readonly CompleteRun[]): Record<MetricName, IntervalEstimate> {
  const items = resamplingUnits(runs);
  return Object.fromEntries(
    METRIC_NAMES.map((name) => [name, bootstrapEstimate(items, (drawn) => METRICS[name].compute(drawn))]),
  ) as Record<MetricName, IntervalEstimate>;
}

/**
 * What can be drawn anew for an interval: whole runs, since the messages of one share their graph and their moment. Of a
 * single run, its messages; then an interval says how messages differ, and nothing of other graphs.
 */
export function resamplingUnits(runs: readonly CompleteRun[]): CompleteRun[] {
  const [only, ...others] = runs;
  if (only === undefined || others.length > 0) return [...runs];
  return only.samples.length < 2 ? [only] : only.samples.map((sample) => ({ ...only, samples: [sample] }));
}

/** The table as CSV (RFC 4180): parameters, how much there is, and each figure with both ends of its interval. */
export function summaryCsv(axes: readonly string[], rows: readonly CellSummary[]): string {
  const heading = [
    ...axes,
    'runs',
    'messages',
    ...METRIC_NAMES.flatMap((name) => [name, `${name}_low`, `${name}_high`].map((one) => one.replaceAll('-', '_'))),
  ];
  const lines = rows.map(({ parameters, runs, metrics: figures }) => [
    ...axes.map((axis) => String(parameters[axis])),
    String(runs.length),
    String(runs.reduce((sum, { samples }) => sum + samples.length, 0)),
    ...METRIC_NAMES.flatMap((name) => {
      const { value, low, high } = figures[name];
      return [value, low, high].map((number) => (number === null ? '' : String(Number(number.toPrecision(6)))));
    }),
  ]);
  return [heading, ...lines].map(formatCsvRow).join('');
}
