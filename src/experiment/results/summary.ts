import { formatCsvRow } from '../../shared/csv.ts';
import { METRIC_NAMES, METRICS, type MetricName, messagesOf } from '../metrics/metrics.ts';
import type { CompleteRun, ParameterLabel } from '../metrics/samples.ts';
import { bootstrapEstimate, type IntervalEstimate } from '../metrics/statistics.ts';
import type { Experiment } from '../plan/experiment.ts';

/** Runs and metrics of one cell of the matrix. */
export interface CellSummary {
  cell: string;
  parameters: Record<string, ParameterLabel>;
  runs: CompleteRun[];
  metrics: Record<MetricName, IntervalEstimate>;
}

/** Summarises the cells that have a complete run, in the order of the matrix. */
export function summariseCells(experiment: Pick<Experiment, 'runs'>, runs: readonly CompleteRun[]): CellSummary[] {
  const cells = new Set(experiment.runs.map(({ cell }) => cell));
  return [...cells].flatMap((cell) => {
    const own = runs.filter((run) => run.cell === cell);
    if (own.length === 0) return [];
    const units = resamplingUnits(own);
    const metrics = Object.fromEntries(
      METRIC_NAMES.map((name) => [name, bootstrapEstimate(units, (drawn) => METRICS[name].compute(drawn))]),
    ) as Record<MetricName, IntervalEstimate>;
    return { cell, parameters: own[0]!.parameters, runs: own, metrics };
  });
}

/**
 * Returns the items that intervals are resampled from: whole runs, since the messages of one run share its graph and time. A
 * single run is split into its messages; its intervals then cover how messages differ, not how graphs do.
 */
export function resamplingUnits(runs: readonly CompleteRun[]): CompleteRun[] {
  const [only, ...others] = runs;
  if (only === undefined || others.length > 0) return [...runs];
  return only.samples.length < 2 ? [only] : only.samples.map((sample) => ({ ...only, samples: [sample] }));
}

/** Writes summary.csv (RFC 4180): a row for each cell, with each metric and the ends of its interval. */
export function summaryCsv(axes: readonly string[], cells: readonly CellSummary[]): string {
  const heading = [
    ...axes,
    'runs',
    'messages',
    ...METRIC_NAMES.flatMap((name) =>
      [name, `${name}_low`, `${name}_high`].map((column) => column.replaceAll('-', '_')),
    ),
  ];
  const rows = cells.map(({ parameters, runs, metrics }) => [
    ...axes.map((axis) => String(parameters[axis])),
    String(runs.length),
    String(messagesOf(runs).length),
    ...METRIC_NAMES.flatMap((name) => {
      const { value, low, high } = metrics[name];
      return [value, low, high].map((number) => (number === null ? '' : String(Number(number.toPrecision(6)))));
    }),
  ]);
  return [heading, ...rows].map(formatCsvRow).join('');
}
