import {
  type Experiment,
  FIGURES,
  formatFigure,
  type Prediction,
  predict,
  type Results,
  resolvedRuns,
  summarise,
} from '../experiment/index.ts';
import { count, duration, paint, table } from './format.ts';
import { asTyped } from './invocation.ts';

/** The runs that an experiment comes to, and what is predicted of them. */
export function formatPlan(experiment: Experiment, file: string): string {
  const prediction = predict(experiment);
  const rows = prediction.cells.map(({ parameters, runs, graph }) => [
    ...experiment.axes.map(({ name }) => String(parameters[name])),
    String(runs),
    ...[graph.nodes, graph.links, graph.degree, graph.diameter, graph.path, graph.clustering, graph.cut].map(
      formatFigure,
    ),
  ]);
  const heading = [
    ...experiment.axes.map(({ name }) => name),
    ...['runs', 'nodes', 'links', 'degree', 'diameter', 'average path', 'clustering', 'cut'],
  ];
  const where = prediction.networks === 0 ? 'nothing to start' : `on ${count(prediction.networks, 'set')} of nodes`;
  const time = prediction.seconds === 0 ? '' : `, about ${duration(prediction.seconds)}`;
  const timelines = faultLines(prediction.cells);
  const keys = experiment.runs.map(({ key }, index) => `${String(index + 1).padStart(4)}  ${key}`);
  return [
    `${paint('bold', experiment.name)}: ${experiment.question}`,
    `${count(prediction.runs, 'run')}, ${where}${time} (${file})`,
    '',
    table([heading, ...rows]),
    '',
    ...(timelines.length > 0 ? [...timelines, ''] : []),
    ...keys,
  ].join('\n');
}

/** As {@link formatPlan}, for programs. */
export function planForPrograms(experiment: Experiment): object {
  const { name, question, load, measure, runs } = experiment;
  return { name, question, load, measure, ...predict(experiment), runs: resolvedRuns(runs) };
}

/** What is done to the networks, once for all cells in which it is the same. */
function faultLines(cells: Prediction['cells']): string[] {
  if (cells.every(({ faults }) => faults.length === 0)) return [];
  const same = new Map<string, string[]>();
  for (const { cell, faults } of cells) {
    const lines = faults.length === 0 ? '  none' : faults.map(planned).join('\n');
    same.set(lines, [...(same.get(lines) ?? []), cell]);
  }
  return [...same].flatMap(([lines, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` and ${count(others.length, 'other cell')}`;
    const where = same.size === 1 ? '' : ` with ${first}${more}`;
    return [`faults${where}, in seconds from when the load begins`, lines];
  });
}

function planned({ name, what, from, to, across }: Prediction['cells'][number]['faults'][number]): string {
  const time = (milliseconds: number) => (milliseconds / 1_000).toFixed(2);
  const until = to === null ? 'to the end' : to === from ? '' : `to ${time(to)}`;
  return `  ${time(from).padStart(7)} ${until.padEnd(10)}  ${paint('bold', name)}: ${what}${across === undefined ? '' : `, across ${count(across, 'link')}`}`;
}

/** What was measured, with intervals, what failed, and where the report is. */
export function formatResults(report: string, { experiment, runs, failed }: Results): string {
  const rows = summarise(experiment, runs);
  const interval = (low: number | null, high: number | null) =>
    low === null || high === null || low === high ? '' : ` (${formatFigure(low)}–${formatFigure(high)})`;
  const cells = rows.map(({ parameters, figures }) => [
    ...experiment.axes.map(({ name }) => String(parameters[name])),
    ...experiment.measure.map((name) => {
      const { value, low, high } = figures[name];
      return `${formatFigure(value)}${interval(low, high)}`;
    }),
  ]);
  const units = experiment.measure.map((name) => {
    const { title, unit } = FIGURES[name];
    return unit === '' || unit === 'hops' ? title : `${title}, ${unit}`;
  });
  const heading = [...experiment.axes.map(({ name }) => name), ...units];
  const lost = [...failed].map(([key, why]) => `${paint('red', '✘')} ${key}: ${why}`);
  return [
    '',
    table([heading, ...cells]),
    ...(lost.length > 0 ? ['', ...lost, asTyped('  the same command again tries these once more')] : []),
    '',
    `report: ${report}`,
  ].join('\n');
}

/** As {@link formatResults}, for programs. */
export function resultsForPrograms(folder: string, { experiment, runs, failed }: Results): object {
  return {
    name: experiment.name,
    folder,
    runs: runs.length,
    failed: Object.fromEntries(failed),
    cells: summarise(experiment, runs).map(({ parameters, runs: own, figures }) => ({
      parameters,
      runs: own.length,
      figures,
    })),
  };
}
