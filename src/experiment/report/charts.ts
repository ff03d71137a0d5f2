import { describeCause, explain } from '../causes.ts';
import type { Experiment, Label } from '../experiment.ts';
import { coverage, FIGURES, type FigureName, formatFigure, timeTo } from '../figures.ts';
import { type Chart, drawChart, type Series } from '../plot/chart.ts';
import { type Dots, drawDots } from '../plot/dots.ts';
import { drawInfection } from '../plot/infection.ts';
import type { Ground } from '../plot/svg.ts';
import type { MessageSample } from '../sample.ts';
import { mean, percentile } from '../statistics.ts';
import { describeStopped } from '../stopped.ts';
import type { Row } from '../summary.ts';
import { latencyCurves } from './latencies.ts';
import { loadCurves } from './loads.ts';
import { curvesOf, spread } from './spread.ts';
import { timelines } from './timelines.ts';

/** A picture of the report. */
export interface Drawing {
  /** Of its file, without the ending. */
  name: string;
  title: string;
  draw(ground: Ground): string;
}

/** Most graphs that one looks at. */
const MOST_GRAPHS = 4;
/** Points of a curve. */
const MOST_STEPS = 240;

const INTERVALS = 'Whiskers: 95 % intervals (bootstrap over runs).';

/** All pictures, in the order of the page: how news spreads, each figure against the parameters, how figures go together, the graphs. */
export function drawings(experiment: Experiment, rows: readonly Row[]): Drawing[] {
  const sent = rows.some(({ runs }) => runs.some(({ samples }) => samples.length > 0));
  return [
    ...(sent ? [coverageCurves(experiment, rows)] : []),
    ...latencyCurves(rows, isOrdered(experiment), (row) => called(experiment, row)),
    ...timelines(rows, (row) => called(experiment, row)),
    ...experiment.measure.filter((name) => varies(rows, name)).flatMap((name) => against(experiment, rows, name)),
    ...(sent ? relations(rows) : normalised(experiment, rows)),
    ...loadCurves(rows, (row) => called(experiment, row)),
    ...(sent ? infections(experiment, rows) : []),
  ];
}

function chart(name: string, one: Chart): Drawing {
  return { name, title: one.title, draw: (ground) => drawChart(one, ground) };
}

/** A name for people: a single axis need not be named. */
function called(experiment: Experiment, { parameters }: { parameters: Record<string, Label> }): string {
  const [only, ...others] = experiment.axes;
  if (only === undefined) return experiment.name;
  if (others.length === 0 && typeof parameters[only.name] === 'string') return String(parameters[only.name]);
  return experiment.axes.map(({ name }) => `${name} ${parameters[name]}`).join(', ');
}

const isNumeric = (labels: readonly Label[]): boolean =>
  labels.length > 1 && labels.every((label) => typeof label === 'number');

/** Whether cells are steps of one quantity. */
function isOrdered({ axes: [axis, ...others] }: Experiment): boolean {
  return others.length === 0 && axis !== undefined && isNumeric(axis.labels);
}

function coverageCurves(experiment: Experiment, rows: readonly Row[]): Drawing {
  const { chosen, some } = curvesOf(rows);
  const curves = chosen.map(({ runs }) => runs.flatMap(({ samples }) => samples.map(coverage)));
  const moments = curves.flat(2).map(({ at }) => at);
  // A straggler or two would squeeze all the others into a corner.
  const end = percentile(moments, 98) * 1.15;
  const later = moments.filter((at) => at > end).length / moments.length;
  const rest = later === 0 ? '' : ` ${formatFigure(100 * later)} % of the receipts came later than is shown.`;
  return chart('coverage', {
    title: `How news spreads${some}`,
    x: 'ms since the sender had it',
    y: 'nodes that have it, %',
    top: 100,
    ordered: isOrdered(experiment),
    series: chosen.map((row, index) => ({
      name: called(experiment, row),
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
    ...spread(
      moments.filter((at) => at < end),
      MOST_STEPS,
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
function varies(rows: readonly Row[], name: FigureName): boolean {
  const values = rows.map(({ figures }) => figures[name].value);
  return values.filter((value) => value !== null).length > 1 && new Set(values).size > 1;
}

const unitOf = (name: FigureName): string => {
  const { title, unit } = FIGURES[name];
  return unit === '' || unit === title ? title : `${title}, ${unit}`;
};

/** A figure against the first parameter that is a number, with a line for each choice of the others; else by its cells. */
function against(experiment: Experiment, rows: readonly Row[], name: FigureName): Drawing[] {
  const { axes } = experiment;
  const along = axes.find(({ labels }) => isNumeric(labels));
  const { title } = FIGURES[name];
  if (along === undefined) {
    const dots: Dots = {
      title: heading(title),
      x: unitOf(name),
      rows: rows.map((row) => ({ name: called(experiment, row), ...row.figures[name] })),
      note: INTERVALS,
    };
    return [{ name, title: dots.title, draw: (ground) => drawDots(dots, ground) }];
  }
  const others = axes.filter((axis) => axis !== along);
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = others
      .map(
        (axis) =>
          (others.length === 1 && isName(row.parameters[axis.name]) ? '' : `${axis.name} `) + row.parameters[axis.name],
      )
      .join(', ');
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const series = [...groups].map(
    ([key, own]): Series => ({
      name: key,
      mark: 'line',
      points: own.flatMap(({ parameters, figures }) => {
        const { value, low, high } = figures[name];
        return value === null ? [] : [{ x: Number(parameters[along.name]), y: value, low, high }];
      }),
    }),
  );
  return [
    chart(name, {
      title: heading(title),
      x: along.name,
      y: unitOf(name),
      ordered: others.length === 1 && isNumeric(others[0]!.labels),
      series,
      note: INTERVALS,
      ...(name === 'reached' ? { top: 100 } : {}),
    }),
  ];
}

/** Whether a label says of itself what it is of: a number does not. */
const isName = (label: Label | undefined): boolean => typeof label === 'string' && !/^\d/.test(label);

const heading = (title: string): string => `${title.charAt(0).toUpperCase()}${title.slice(1)}`;

/** Pairs of figures of which one may explain the other. */
const PAIRS: readonly (readonly [FigureName, FigureName, string])[] = [
  ['path', 't99', 'Longer paths, later news?'],
  ['diameter', 'latency-p99', 'Wider graphs, later news?'],
  ['degree', 'duplicates', 'More links, more duplicates?'],
];

function relations(rows: readonly Row[]): Drawing[] {
  return PAIRS.flatMap(([x, y, title]) => {
    if (!varies(rows, x) || !varies(rows, y)) return [];
    const points = rows.flatMap(({ parameters, figures }) => {
      const { value, low, high } = figures[y];
      const place = figures[x].value;
      return value === null || place === null
        ? []
        : [{ x: place, y: value, low, high, name: Object.values(parameters).join(', ') }];
    });
    return [
      chart(`${y}-${x}`, {
        title,
        x: unitOf(x),
        y: unitOf(y),
        ordered: false,
        series: [{ name: '', mark: 'points', points }],
      }),
    ];
  });
}

/** Path length and clustering, each as a part of what it is at the first value: as Watts and Strogatz drew it. */
function normalised(experiment: Experiment, rows: readonly Row[]): Drawing[] {
  const [along, ...others] = experiment.axes;
  if (along === undefined || others.length > 0 || !isNumeric(along.labels)) return [];
  const series = (['clustering', 'path'] as const).map((name): Series => {
    const first = rows[0]?.figures[name].value;
    return {
      name: FIGURES[name].title,
      mark: 'line',
      points: rows.flatMap(({ parameters, figures }) => {
        const { value, low, high } = figures[name];
        if (value === null || !first) return [];
        const part = (one: number | null) => (one === null ? null : one / first);
        return [{ x: Number(parameters[along.name]), y: value / first, low: part(low), high: part(high) }];
      }),
    };
  });
  const title = `Clustering and path, as parts of those at ${along.name} ${along.labels[0]}`;
  return [chart('normalised', { title, x: along.name, y: 'part', top: 1, ordered: false, series, note: INTERVALS })];
}

/** The message of a cell that took as long as most of them. */
function typical({ runs }: Row): MessageSample | undefined {
  const samples = runs.flatMap((run) => run.samples).toSorted((one, other) => timeTo(100, one) - timeTo(100, other));
  return samples[samples.length >> 1];
}

function infections(experiment: Experiment, rows: readonly Row[]): Drawing[] {
  return spread(rows, MOST_GRAPHS).flatMap((row, index) => {
    const sample = typical(row);
    const run = sample && experiment.runs.find(({ key }) => key === sample.run);
    if (!sample || !run) return [];
    const title = called(experiment, row);
    const end = row.runs.find(({ run: key }) => key === run.key)!;
    const why = describeStopped(explain(sample, { run, end }), ({ why: cause }) => describeCause(cause));
    return [
      {
        name: `infection-${index + 1}`,
        title,
        draw: (ground: Ground) => drawInfection(title, run.topology, sample, ground, why),
      },
    ];
  });
}
