import type { Background } from '../../graph-drawing/formats/svg-elements.ts';
import {
  coverageOverTime,
  formatMetric,
  type MetricName,
  messagesOf,
  metricHeading,
  metricNamed,
  timeToReach,
} from '../metrics/metrics.ts';
import type { ParameterLabel } from '../metrics/samples.ts';
import { mean, percentile } from '../metrics/statistics.ts';
import type { Experiment } from '../plan/experiment.ts';
import type { Series } from '../plot/chart.ts';
import { type DotPlot, drawDotPlot } from '../plot/dot-plot.ts';
import { describeFailure, explainFailure } from '../results/failure-causes.ts';
import { type CellSummary, estimateOf } from '../results/summary.ts';
import { latencyCharts, loadCharts } from './distribution-charts.ts';
import { faultTimelineCharts } from './fault-timeline-charts.ts';
import { drawPropagationTree } from './propagation-tree.ts';
import { pickCurves, pickEvenly, type ReportChart, toReportChart } from './report-chart.ts';

const MAX_PROPAGATION_TREES = 4;
const MAX_CURVE_POINTS = 240;

const INTERVALS_NOTE = 'Whiskers: 95 % intervals (bootstrap over runs).';

/** Creates all pictures of a report, in the order of the page. */
export function createReportCharts(experiment: Experiment, cells: readonly CellSummary[]): ReportChart[] {
  const hasMessages = cells.some(({ runs }) => messagesOf(runs).length > 0);
  const titleOf = (cell: CellSummary) => cellTitle(experiment, cell);
  const metrics = experiment.measure
    .filter((name) => varies(cells, name))
    .map((name) => metricChart(experiment, cells, name));
  if (!hasMessages) return [...metrics, ...smallWorldCharts(experiment, cells)];
  return [
    coverageChart(experiment, cells),
    ...latencyCharts(cells, isOrdered(experiment), titleOf),
    ...faultTimelineCharts(cells, titleOf),
    ...metrics,
    ...correlationCharts(cells),
    ...loadCharts(cells, titleOf),
    ...propagationTrees(experiment, cells),
  ];
}

/** Names a cell by its parameters; text values of a single axis speak for themselves. */
function cellTitle({ name, axes }: Experiment, { parameters }: CellSummary): string {
  const [only, ...others] = axes;
  if (only === undefined) return name;
  if (others.length === 0 && typeof parameters[only.name] === 'string') return String(parameters[only.name]);
  return axes.map((axis) => `${axis.name} ${parameters[axis.name]}`).join(', ');
}

const isNumeric = (labels: readonly ParameterLabel[]): boolean =>
  labels.length > 1 && labels.every((label) => typeof label === 'number');

/** Returns true if the cells are steps of one quantity. */
const isOrdered = ({ axes: [axis, ...others] }: Pick<Experiment, 'axes'>): boolean =>
  others.length === 0 && axis !== undefined && isNumeric(axis.labels);

function coverageChart(experiment: Experiment, cells: readonly CellSummary[]): ReportChart {
  const { shown, titleSuffix } = pickCurves(cells);
  const curves = shown.map(({ runs }) => messagesOf(runs).map(coverageOverTime));
  const moments = curves.flat(2).map(({ at }) => at);
  // A straggler or two would squeeze everything else into a corner.
  const end = percentile(moments, 98) * 1.15;
  const later = moments.filter((at) => at > end).length / moments.length;
  const rest = later === 0 ? '' : ` ${formatMetric(100 * later)} % of the receipts came later than shown.`;
  return toReportChart('coverage', {
    title: `How messages spread${titleSuffix}`,
    x: 'ms since the sender had it',
    y: 'nodes that have it, %',
    top: 100,
    ordered: isOrdered(experiment),
    series: shown.map((cell, index) => ({
      name: cellTitle(experiment, cell),
      mark: 'curve',
      points: meanCoverage(curves[index]!, end),
    })),
    note: `Mean over the messages of each cell.${rest}`,
  });
}

/** Returns the mean percentage of the nodes that have a message, from its start to `end`. */
function meanCoverage(curves: readonly { at: number; share: number }[][], end: number): { x: number; y: number }[] {
  const moments = [...new Set(curves.flatMap((curve) => curve.map(({ at }) => at)))].sort((a, b) => a - b);
  const before = moments.filter((at) => at < end);
  const next = curves.map(() => 0);
  return [...pickEvenly(before, MAX_CURVE_POINTS), end].map((moment) => {
    const shares = curves.map((curve, index) => {
      while (next[index]! < curve.length && curve[next[index]!]!.at <= moment) next[index]!++;
      return curve[next[index]! - 1]?.share ?? 0;
    });
    return { x: moment, y: 100 * mean(shares) };
  });
}

/** Returns true if a metric has at least two different values. */
function varies(cells: readonly CellSummary[], name: MetricName): boolean {
  const values = cells.map((cell) => estimateOf(cell, name).value);
  return values.filter((value) => value !== null).length > 1 && new Set(values).size > 1;
}

/** Draws a metric against the first numeric parameter, with a line for each combination of the others; or by cell. */
function metricChart(experiment: Experiment, cells: readonly CellSummary[], name: MetricName): ReportChart {
  const { axes } = experiment;
  const along = axes.find(({ labels }) => isNumeric(labels));
  const title = metricNamed(name).title.replace(/^./, (first) => first.toUpperCase());
  if (along === undefined) {
    const plot: DotPlot = {
      title,
      x: metricHeading(name),
      rows: cells.map((cell) => ({ name: cellTitle(experiment, cell), ...estimateOf(cell, name) })),
      note: INTERVALS_NOTE,
    };
    return { name, title, draw: (background) => drawDotPlot(plot, background) };
  }
  const others = axes.filter((axis) => axis !== along);
  const groups = new Map<string, CellSummary[]>();
  for (const cell of cells) {
    const key = others.map((axis) => seriesLabel(axis.name, cell.parameters[axis.name]!, others.length)).join(', ');
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return toReportChart(name, {
    title,
    x: along.name,
    y: metricHeading(name),
    ordered: isOrdered({ axes: others }),
    series: [...groups].map(([key, own]) => ({ name: key, mark: 'line', points: metricPoints(own, along.name, name) })),
    note: INTERVALS_NOTE,
    ...(name === 'reached' ? { top: 100 } : {}),
  });
}

/** A single parameter need not be named where its value is a text. */
function seriesLabel(axis: string, label: ParameterLabel, axisCount: number): string {
  return axisCount === 1 && typeof label === 'string' && !/^\d/.test(label) ? label : `${axis} ${label}`;
}

/** Points of a metric against a parameter. @param unit what values are divided by */
function metricPoints(cells: readonly CellSummary[], axis: string, name: MetricName, unit = 1): Series['points'] {
  return cells.flatMap((cell) => {
    const { value, low, high } = estimateOf(cell, name);
    const scaled = (end: number | null) => (end === null ? null : end / unit);
    return value === null
      ? []
      : [{ x: Number(cell.parameters[axis]), y: value / unit, low: scaled(low), high: scaled(high) }];
  });
}

/** Pairs of metrics of which one may explain the other. */
const METRIC_PAIRS: readonly (readonly [MetricName, MetricName, string])[] = [
  ['path', 't99', 'Do longer paths take longer?'],
  ['diameter', 'latency-p99', 'Do wider graphs take longer?'],
  ['degree', 'duplicates', 'Do more links mean more duplicates?'],
];

function correlationCharts(cells: readonly CellSummary[]): ReportChart[] {
  return METRIC_PAIRS.filter(([x, y]) => varies(cells, x) && varies(cells, y)).map(([x, y, title]) => {
    const points = cells.flatMap((cell) => {
      const { value, low, high } = estimateOf(cell, y);
      const along = estimateOf(cell, x).value;
      const name = Object.values(cell.parameters).join(', ');
      return value === null || along === null ? [] : [{ x: along, y: value, low, high, name }];
    });
    const series: Series[] = [{ name: '', mark: 'points', points }];
    return toReportChart(`${y}-${x}`, { title, x: metricHeading(x), y: metricHeading(y), ordered: false, series });
  });
}

/** Draws path length and clustering relative to their first values, as Watts and Strogatz did. */
function smallWorldCharts(experiment: Experiment, cells: readonly CellSummary[]): ReportChart[] {
  const [along] = experiment.axes;
  if (along === undefined || !isOrdered(experiment)) return [];
  const series = (['clustering', 'path'] as const).map((name): Series => {
    const first = cells[0] && estimateOf(cells[0], name).value;
    return {
      name: metricNamed(name).title,
      mark: 'line',
      points: first ? metricPoints(cells, along.name, name, first) : [],
    };
  });
  return [
    toReportChart('normalised', {
      title: `Clustering and path relative to ${along.name} ${along.labels[0]}`,
      x: along.name,
      y: 'relative to the first value',
      top: 1,
      ordered: false,
      series,
      note: INTERVALS_NOTE,
    }),
  ];
}

/** Draws how the message of median duration spread, for some of the cells. */
function propagationTrees(experiment: Experiment, cells: readonly CellSummary[]): ReportChart[] {
  return pickEvenly(cells, MAX_PROPAGATION_TREES).flatMap((cell, index) => {
    const byDuration = messagesOf(cell.runs).toSorted((one, other) => timeToReach(100, one) - timeToReach(100, other));
    const sample = byDuration[byDuration.length >> 1];
    const planned = experiment.runs.find(({ key }) => key === sample?.run);
    if (!sample || !planned) return [];
    const title = cellTitle(experiment, cell);
    const actual = cell.runs.find(({ run }) => run === planned.key)!;
    const failure = describeFailure(explainFailure(sample, { planned, actual }));
    const draw = (background: Background) => drawPropagationTree(title, planned.topology, sample, background, failure);
    return [{ name: `infection-${index + 1}`, title, draw }];
  });
}
