import type { Background } from '../../graph-drawing/formats/svg-elements.ts';
import {
  coverageOverTime,
  type Deadline,
  deadlineOf,
  formatMetric,
  type MetricName,
  messagesOf,
  metricHeading,
  metricNamed,
  timeToReach,
} from '../metrics/metrics.ts';
import type { MessageSample } from '../metrics/samples.ts';
import { mean, percentile } from '../metrics/statistics.ts';
import type { Experiment } from '../plan/experiment.ts';
import type { ChartPoint, Series } from '../plot/chart.ts';
import { categoryStyle } from '../plot/colours.ts';
import { drawDotPlot } from '../plot/dot-plot.ts';
import { describeFailure, explainFailure } from '../results/failure-causes.ts';
import { type CellSummary, describeTooFewRuns, estimateOf } from '../results/summary.ts';
import { CellStyles } from './cell-styles.ts';
import { latencyCharts, loadCharts } from './distribution-charts.ts';
import { faultTimelineCharts } from './fault-timeline-charts.ts';
import { drawPropagationTree } from './propagation-tree.ts';
import { groupCurves, pickEvenly, type ReportChart, toReportChart } from './report-chart.ts';

const MAX_PROPAGATION_TREES = 4;
const MAX_CURVE_POINTS = 240;
/** Most cells that a legend names one by one. */
const MAX_LEGEND_ENTRIES = 24;

/** Creates all pictures of a report, in the order of the page. */
export function createReportCharts(experiment: Experiment, cells: readonly CellSummary[]): ReportChart[] {
  const hasMessages = cells.some(({ runs }) => messagesOf(runs).length > 0);
  const styles = new CellStyles(experiment);
  const metrics = experiment.measure
    .filter((name) => varies(cells, name))
    .map((name) => metricChart(cells, name, styles));
  if (!hasMessages) return [...metrics, ...smallWorldCharts(experiment, cells, styles)];
  const deadlines = experiment.measure.flatMap((name) => deadlineOf(name) ?? []);
  return [
    ...deadlines.flatMap((deadline, index) => deadlineCharts(cells, deadline, index, styles)),
    ...coverageCharts(cells, deadlines, styles),
    ...latencyCharts(cells, styles),
    ...faultTimelineCharts(cells, styles),
    ...metrics,
    ...correlationCharts(cells, styles),
    ...loadCharts(cells, styles),
    ...propagationTrees(experiment, cells, styles),
  ];
}

/** Draws which share of the messages so many nodes had by when: at the time of the deadline, it is the metric. */
function deadlineCharts(
  cells: readonly CellSummary[],
  { percent, timeMs }: Deadline,
  index: number,
  styles: CellStyles,
): ReportChart[] {
  const timesOf = ({ runs }: CellSummary) =>
    messagesOf(runs)
      .map((message) => Math.max(0, timeToReach(percent, message)))
      .sort((a, b) => a - b);
  const known = cells.flatMap(timesOf).filter(Number.isFinite);
  const end = endOfCurves([...known, timeMs], timeMs);
  return groupCurves(cells, styles).map(({ shown, titleSuffix, nameSuffix }) =>
    toReportChart(`deadline${index === 0 ? '' : index + 1}${nameSuffix}`, {
      title: `Messages that ${percent} % of the nodes have, by time${titleSuffix}`,
      x: 'ms since the sender had it',
      y: '% of the messages',
      top: 100,
      scale: 'tight',
      series: shown.map((cell) => {
        const times = timesOf(cell);
        const steps = times
          .map((x, place) => ({ x, y: (100 * (place + 1)) / times.length }))
          .filter(({ x }) => x <= end);
        const points = [{ x: 0, y: 0 }, ...steps, { x: end, y: steps.at(-1)?.y ?? 0 }];
        return { name: styles.titleOf(cell), mark: 'curve', style: styles.styleOf(cell), points };
      }),
      guides: { x: timeMs },
      note: `Dashed: ${timeMs} ms. A curve that ends below 100 % has messages that so many nodes have later than shown, or never.`,
    }),
  );
}

/** Returns where to end curves over time: a straggler or two would squeeze everything else into a corner. */
const endOfCurves = (moments: readonly number[], timeMs = 0): number =>
  Math.max(percentile(moments, 98) * 1.15, timeMs * 1.05);

/** Draws the mean share of the nodes that have a message, from when it was sent; at least to the times that the question names. */
function coverageCharts(
  cells: readonly CellSummary[],
  deadlines: readonly Deadline[],
  styles: CellStyles,
): ReportChart[] {
  const curves = new Map(cells.map((cell) => [cell, messagesOf(cell.runs).map(coverageOverTime)]));
  const moments = [...curves.values()].flat(2).map(({ at }) => at);
  const end = endOfCurves(moments, Math.max(0, ...deadlines.map(({ timeMs }) => timeMs)));
  const later = moments.filter((at) => at > end).length / moments.length;
  const rest = later === 0 ? '' : ` ${formatMetric(100 * later)} % of the receipts came later than shown.`;
  const [deadline] = deadlines;
  const dashed = deadline ? ` Dashed: ${deadline.timeMs} ms, and ${deadline.percent} % of the nodes.` : '';
  return groupCurves(cells, styles).map(({ shown, titleSuffix, nameSuffix }) =>
    toReportChart(`coverage${nameSuffix}`, {
      title: `How messages spread${titleSuffix}`,
      x: 'ms since the sender had it',
      y: 'nodes that have it, %',
      top: 100,
      scale: 'tight',
      series: shown.map((cell) => ({
        name: styles.titleOf(cell),
        mark: 'curve',
        style: styles.styleOf(cell),
        points: meanCoverage(curves.get(cell)!, end),
      })),
      ...(deadline ? { guides: { x: deadline.timeMs, y: deadline.percent } } : {}),
      note: `Mean over the messages of each cell.${dashed}${rest}`,
    }),
  );
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
function metricChart(cells: readonly CellSummary[], name: MetricName, styles: CellStyles): ReportChart {
  const title = metricNamed(name).title.replace(/^./, (first) => first.toUpperCase());
  const { along } = styles;
  if (along === undefined) {
    const rows = cells.map((cell) => ({
      name: styles.titleOf(cell),
      style: styles.styleOf(cell),
      ...estimateOf(cell, name),
    }));
    const plot = { title, x: metricHeading(name), rows, note: intervalsNote(cells, name) };
    return { name, title, draw: (background) => drawDotPlot(plot, background) };
  }
  return toReportChart(name, {
    title,
    x: along.name,
    y: metricHeading(name),
    series: styles.groupsOf(cells).map(({ name: group, style, cells: own }) => ({
      name: group,
      mark: 'line',
      style,
      points: metricPoints(own, along.name, name, styles),
    })),
    note: intervalsNote(cells, name),
  });
}

function intervalsNote(cells: readonly CellSummary[], ...names: MetricName[]): string {
  const method = names.some((name) => metricNamed(name).countTrials) ? 'Wilson' : 'bootstrap';
  const tooFew = describeTooFewRuns(cells);
  return `Whiskers: 95 % intervals (${method}).${tooFew === undefined ? '' : ` ${tooFew}.`}`;
}

/** Points of a metric against a parameter. @param unit what values are divided by */
function metricPoints(
  cells: readonly CellSummary[],
  axis: string,
  name: MetricName,
  styles: CellStyles | undefined,
  unit = 1,
): ChartPoint[] {
  return cells.flatMap((cell) => {
    const { value, low, high } = estimateOf(cell, name);
    const scaled = (end: number | null) => (end === null ? null : end / unit);
    if (value === null) return [];
    const point = { x: Number(cell.parameters[axis]), y: value / unit, low: scaled(low), high: scaled(high) };
    return [{ ...point, ...(styles ? { style: styles.styleOf(cell) } : {}) }];
  });
}

/** Pairs of metrics of which one may explain the other. */
const METRIC_PAIRS: readonly (readonly [MetricName, MetricName, string])[] = [
  ['path', 't99', 'Do longer paths take longer?'],
  ['diameter', 'latency-p99', 'Do wider graphs take longer?'],
  ['degree', 'duplicates', 'Do more links mean more duplicates?'],
];

function correlationCharts(cells: readonly CellSummary[], styles: CellStyles): ReportChart[] {
  return METRIC_PAIRS.filter(([x, y]) => varies(cells, x) && varies(cells, y)).map(([x, y, title]) => {
    const series = cells.flatMap((cell): Series[] => {
      const { value, low, high } = estimateOf(cell, y);
      const along = estimateOf(cell, x).value;
      if (value === null || along === null) return [];
      const points = [{ x: along, y: value, low, high }];
      return [{ name: styles.titleOf(cell), mark: 'points', style: styles.styleOf(cell), points }];
    });
    return toReportChart(`${y}-${x}`, {
      title,
      x: metricHeading(x),
      y: metricHeading(y),
      series,
      legend: series.length <= MAX_LEGEND_ENTRIES,
      note: intervalsNote(cells, y),
    });
  });
}

/** Draws path length and clustering relative to their first values, as Watts and Strogatz did. */
function smallWorldCharts(
  { axes: [along] }: Experiment,
  cells: readonly CellSummary[],
  styles: CellStyles,
): ReportChart[] {
  if (along === undefined || !styles.areOrdered) return [];
  const series = (['clustering', 'path'] as const).map((name, index): Series => {
    const first = cells[0] && estimateOf(cells[0], name).value;
    const points = first ? metricPoints(cells, along.name, name, undefined, first) : [];
    return { name: metricNamed(name).title, mark: 'line', style: categoryStyle(index), points };
  });
  return [
    toReportChart('normalised', {
      title: `Clustering and path relative to ${along.name} ${along.labels[0]}`,
      x: along.name,
      y: 'relative to the first value',
      top: 1,
      series,
      note: intervalsNote(cells, 'path'),
    }),
  ];
}

/** Draws how the message of median duration spread, for some of the cells. */
function propagationTrees(experiment: Experiment, cells: readonly CellSummary[], styles: CellStyles): ReportChart[] {
  return pickEvenly(cells, MAX_PROPAGATION_TREES).flatMap((cell, index) => {
    const sample = messageOfMedianDuration(messagesOf(cell.runs));
    const planned = experiment.runs.find(({ key }) => key === sample?.run);
    if (!sample || !planned) return [];
    const title = styles.titleOf(cell);
    const actual = cell.runs.find(({ run }) => run === planned.key)!;
    const failure = describeFailure(explainFailure(sample, { planned, actual }));
    const draw = (background: Background) => drawPropagationTree(title, planned.topology, sample, background, failure);
    return [{ name: `infection-${index + 1}`, title, draw }];
  });
}

function messageOfMedianDuration(messages: readonly MessageSample[]): MessageSample | undefined {
  const duration = (message: MessageSample) => Math.min(Number.MAX_VALUE, timeToReach(100, message));
  return messages.toSorted((one, other) => duration(one) - duration(other))[messages.length >> 1];
}
