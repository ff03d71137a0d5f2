import { coverageOverTime, formatMetric, METRICS, type MetricName, timeToReach } from '../metrics/metrics.ts';
import type { MessageSample } from '../metrics/samples.ts';
import { mean, percentile } from '../metrics/statistics.ts';
import type { Experiment, ParameterLabel } from '../plan/experiment.ts';
import { type Chart, drawChart, type Series } from '../plot/chart.ts';
import { type DotPlot, drawDotPlot } from '../plot/dot-plot.ts';
import type { Theme } from '../plot/svg.ts';
import { describeFailure } from '../results/delivery-failure.ts';
import { describeFailureCause, explainFailure } from '../results/failure-causes.ts';
import type { CellSummary } from '../results/summary.ts';
import { faultTimelineCharts } from './fault-timeline-charts.ts';
import { latencyCharts } from './latency-charts.ts';
import { loadCharts } from './load-charts.ts';
import { pickCurves, pickEvenly } from './pick-evenly.ts';
import { drawPropagationTree } from './propagation-tree.ts';

/** A picture of the report. */
export interface ReportChart {
  /** Of its file, without the ending. */
  name: string;
  title: string;
  draw(ground: Theme): string;
}

/** Most graphs that one looks at. */
const MAX_PROPAGATION_TREES = 4;
/** Points of a curve. */
const MAX_CURVE_POINTS = 240;

const INTERVALS_NOTE = 'Whiskers: 95 % intervals (bootstrap over runs).';

/** All pictures, in the order of the page: how news spreads, each figure against the parameters, how figures go together, the graphs. */
export function createReportCharts(experiment: Experiment, rows: readonly CellSummary[]): ReportChart[] {
  const sent = rows.some(({ runs }) => runs.some(({ samples }) => samples.length > 0));
  return [
    ...(sent ? [coverageChart(experiment, rows)] : []),
    ...latencyCharts(rows, isOrdered(experiment), (row) => cellTitle(experiment, row)),
    ...faultTimelineCharts(rows, (row) => cellTitle(experiment, row)),
    ...experiment.measure.filter((name) => varies(rows, name)).flatMap((name) => metricCharts(experiment, rows, name)),
    ...(sent ? correlationCharts(rows) : smallWorldCharts(experiment, rows)),
    ...loadCharts(rows, (row) => cellTitle(experiment, row)),
    ...(sent ? propagationTrees(experiment, rows) : []),
  ];
}

function toReportChart(name: string, one: Chart): ReportChart {
  return { name, title: one.title, draw: (ground) => drawChart(one, ground) };
}

/** A name for people: a single axis need not be named. */
function cellTitle(experiment: Experiment, { parameters }: { parameters: Record<string, ParameterLabel> }): string {
  const [only, ...others] = experiment.axes;
  if (only === undefined) return experiment.name;
  if (others.length === 0 && typeof parameters[only.name] === 'string') return String(parameters[only.name]);
  return experiment.axes.map(({ name }) => `${name} ${parameters[name]}`).join(', ');
}

const isNumeric = (labels: readonly ParameterLabel[]): boolean =>
  labels.length > 1 && labels.every((label) => typeof label === 'number');

/** Whether cells are steps of one quantity. */
function isOrdered({ axes: [axis, ...others] }: Experiment): boolean {
  return others.length === 0 && axis !== undefined && isNumeric(axis.labels);
}

function coverageChart(experiment: Experiment, rows: readonly CellSummary[]): ReportChart {
  const { chosen, some } = pickCurves(rows);
  const curves = chosen.map(({ runs }) => runs.flatMap(({ samples }) => samples.map(coverageOverTime)));
  const moments = curves.flat(2).map(({ at }) => at);
  // A straggler or two would squeeze all the others into a corner.
  const end = percentile(moments, 98) * 1.15;
  const later = moments.filter((at) => at > end).length / moments.length;
  const rest = later === 0 ? '' : ` ${formatMetric(100 * later)} % of the receipts came later than is shown.`;
  return toReportChart('coverage', {
    title: `How news spreads${some}`,
    x: 'ms since the sender had it',
    y: 'nodes that have it, %',
    top: 100,
    ordered: isOrdered(experiment),
    series: chosen.map((row, index) => ({
      name: cellTitle(experiment, row),
      mark: 'curve',
      points: meanCoverage(curves[index]!, end),
    })),
    note: `Mean over the messages of each cell.${rest}`,
  });
}

/** Mean share of the nodes, in percent, from the start to a moment. */
function meanCoverage(curves: readonly { at: number; share: number }[][], end: number): { x: number; y: number }[] {
  const moments = [...new Set(curves.flatMap((curve) => curve.map(({ at }) => at)))].sort((a, b) => a - b);
  const chosen = [
    ...pickEvenly(
      moments.filter((at) => at < end),
      MAX_CURVE_POINTS,
    ),
    end,
  ];
  const shares = curves.map((curve) => {
    let next = 0;
    return chosen.map((moment) => {
      while (next < curve.length && curve[next]!.at <= moment) next++;
      return curve[next - 1]?.share ?? 0;
    });
  });
  return chosen.map((moment, index) => ({ x: moment, y: 100 * mean(shares.map((share) => share[index]!)) }));
}

/** Whether there is anything to see in a plot of a figure. */
function varies(rows: readonly CellSummary[], name: MetricName): boolean {
  const values = rows.map(({ metrics: figures }) => figures[name].value);
  return values.filter((value) => value !== null).length > 1 && new Set(values).size > 1;
}

const axisTitle = (name: MetricName): string => {
  const { title, unit } = METRICS[name];
  return unit === '' || unit === title ? title : `${title}, ${unit}`;
};

/** A figure against the first parameter that is a number, with a line for each choice of the others; else by its cells. */
function metricCharts(experiment: Experiment, rows: readonly CellSummary[], name: MetricName): ReportChart[] {
  const { axes } = experiment;
  const along = axes.find(({ labels }) => isNumeric(labels));
  const { title } = METRICS[name];
  if (along === undefined) {
    const dots: DotPlot = {
      title: capitalise(title),
      x: axisTitle(name),
      rows: rows.map((row) => ({ name: cellTitle(experiment, row), ...row.metrics[name] })),
      note: INTERVALS_NOTE,
    };
    return [{ name, title: dots.title, draw: (ground) => drawDotPlot(dots, ground) }];
  }
  const others = axes.filter((axis) => axis !== along);
  const groups = new Map<string, CellSummary[]>();
  for (const row of rows) {
    const key = others
      .map(
        (axis) =>
          (others.length === 1 && isSelfExplanatory(row.parameters[axis.name]) ? '' : `${axis.name} `) +
          row.parameters[axis.name],
      )
      .join(', ');
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const series = [...groups].map(
    ([key, own]): Series => ({
      name: key,
      mark: 'line',
      points: own.flatMap(({ parameters, metrics: figures }) => {
        const { value, low, high } = figures[name];
        return value === null ? [] : [{ x: Number(parameters[along.name]), y: value, low, high }];
      }),
    }),
  );
  return [
    toReportChart(name, {
      title: capitalise(title),
      x: along.name,
      y: axisTitle(name),
      ordered: others.length === 1 && isNumeric(others[0]!.labels),
      series,
      note: INTERVALS_NOTE,
      ...(name === 'reached' ? { top: 100 } : {}),
    }),
  ];
}

/** Whether a label says of itself what it is of: a number does not. */
const isSelfExplanatory = (label: ParameterLabel | undefined): boolean =>
  typeof label === 'string' && !/^\d/.test(label);

const capitalise = (title: string): string => `${title.charAt(0).toUpperCase()}${title.slice(1)}`;

/** Pairs of figures of which one may explain the other. */
const METRIC_PAIRS: readonly (readonly [MetricName, MetricName, string])[] = [
  ['path', 't99', 'Longer paths, later news?'],
  ['diameter', 'latency-p99', 'Wider graphs, later news?'],
  ['degree', 'duplicates', 'More links, more duplicates?'],
];

function correlationCharts(rows: readonly CellSummary[]): ReportChart[] {
  return METRIC_PAIRS.flatMap(([x, y, title]) => {
    if (!varies(rows, x) || !varies(rows, y)) return [];
    const points = rows.flatMap(({ parameters, metrics: figures }) => {
      const { value, low, high } = figures[y];
      const place = figures[x].value;
      return value === null || place === null
        ? []
        : [{ x: place, y: value, low, high, name: Object.values(parameters).join(', ') }];
    });
    return [
      toReportChart(`${y}-${x}`, {
        title,
        x: axisTitle(x),
        y: axisTitle(y),
        ordered: false,
        series: [{ name: '', mark: 'points', points }],
      }),
    ];
  });
}

/** Path length and clustering, each as a part of what it is at the first value: as Watts and Strogatz drew it. */
function smallWorldCharts(experiment: Experiment, rows: readonly CellSummary[]): ReportChart[] {
  const [along, ...others] = experiment.axes;
  if (along === undefined || others.length > 0 || !isNumeric(along.labels)) return [];
  const series = (['clustering', 'path'] as const).map((name): Series => {
    const first = rows[0]?.metrics[name].value;
    return {
      name: METRICS[name].title,
      mark: 'line',
      points: rows.flatMap(({ parameters, metrics: figures }) => {
        const { value, low, high } = figures[name];
        if (value === null || !first) return [];
        const part = (one: number | null) => (one === null ? null : one / first);
        return [{ x: Number(parameters[along.name]), y: value / first, low: part(low), high: part(high) }];
      }),
    };
  });
  const title = `Clustering and path, as parts of those at ${along.name} ${along.labels[0]}`;
  return [
    toReportChart('normalised', {
      title,
      x: along.name,
      y: 'part',
      top: 1,
      ordered: false,
      series,
      note: INTERVALS_NOTE,
    }),
  ];
}

/** The message of a cell that took as long as most of them. */
function medianMessage({ runs }: CellSummary): MessageSample | undefined {
  const samples = runs
    .flatMap((run) => run.samples)
    .toSorted((one, other) => timeToReach(100, one) - timeToReach(100, other));
  return samples[samples.length >> 1];
}

function propagationTrees(experiment: Experiment, rows: readonly CellSummary[]): ReportChart[] {
  return pickEvenly(rows, MAX_PROPAGATION_TREES).flatMap((row, index) => {
    const sample = medianMessage(row);
    const run = sample && experiment.runs.find(({ key }) => key === sample.run);
    if (!sample || !run) return [];
    const title = cellTitle(experiment, row);
    const end = row.runs.find(({ run: key }) => key === run.key)!;
    const why = describeFailure(explainFailure(sample, { planned: run, actual: end }), ({ cause }) =>
      describeFailureCause(cause),
    );
    return [
      {
        name: `infection-${index + 1}`,
        title,
        draw: (ground: Theme) => drawPropagationTree(title, run.topology, sample, ground, why),
      },
    ];
  });
}
