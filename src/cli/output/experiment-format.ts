import { availableParallelism, loadavg } from 'node:os';
import {
  type DryRun,
  describeTooFewRuns,
  dryRun,
  type Experiment,
  estimateOf,
  formatMetric,
  metricHeading,
  type Results,
  resolveRuns,
  summariseCells,
} from '../../experiment/index.ts';
import type { RuntimeName } from '../../network/capabilities.ts';
import { pluralize } from '../../shared/text.ts';
import { formatDuration, formatTable, paint } from './format.ts';

/** Says that an estimate does not hold, since other programs use the processors; undefined on a machine that is idle. */
export function describeBusyMachine(load: number, processors: number): string | undefined {
  if (load < processors) return undefined;
  return `this machine is busy (load ${load.toFixed(1)} on ${pluralize(processors, 'processor')}), so it will take longer`;
}

/** Formats the runs of an experiment, and what is predicted of them. */
export function formatExperimentPlan(experiment: Experiment, file: string, runtime: RuntimeName): string {
  const prediction = dryRun(experiment, runtime);
  const rows = prediction.cells.map(({ parameters, runs, graph }) => [
    ...experiment.axes.map(({ name }) => String(parameters[name])),
    String(runs),
    ...[graph.nodes, graph.links, graph.degree, graph.diameter, graph.path, graph.clustering, graph.cut].map(
      formatMetric,
    ),
  ]);
  const heading = [
    ...experiment.axes.map(({ name }) => name),
    ...['runs', 'nodes', 'links', 'degree', 'diameter', 'average path', 'clustering', 'cut'],
  ];
  const where = prediction.networks === 0 ? 'nothing to start' : `on ${pluralize(prediction.networks, 'set')} of nodes`;
  const time = prediction.seconds === 0 ? '' : `, about ${formatDuration(prediction.seconds)}`;
  const busy = prediction.seconds === 0 ? undefined : describeBusyMachine(loadavg()[0]!, availableParallelism());
  const timelines = formatFaultSchedules(prediction.cells);
  const keys = experiment.runs.map(({ key }, index) => `${String(index + 1).padStart(4)}  ${key}`);
  return [
    `${paint('bold', experiment.name)}: ${experiment.question}`,
    `${pluralize(prediction.runs, 'run')}, ${where}${time} (${file})`,
    ...(busy === undefined ? [] : [`${paint('yellow', '!')} ${busy}`]),
    '',
    formatTable([heading, ...rows]),
    '',
    ...(timelines.length > 0 ? [...timelines, ''] : []),
    ...keys,
  ].join('\n');
}

/** Returns the plan for `--json`. */
export function experimentPlanToJson(experiment: Experiment, runtime: RuntimeName): object {
  const { name, question, load, measure, runs } = experiment;
  return { name, question, load, measure, ...dryRun(experiment, runtime), runs: resolveRuns(runs) };
}

/** Formats the faults of each cell; cells with the same faults share the lines. */
function formatFaultSchedules(cells: DryRun['cells']): string[] {
  if (cells.every(({ faults }) => faults.length === 0)) return [];
  const cellsByLines = new Map<string, string[]>();
  for (const { cell, faults } of cells) {
    const lines = faults.length === 0 ? '  none' : faults.map(formatFaultWindow).join('\n');
    cellsByLines.set(lines, [...(cellsByLines.get(lines) ?? []), cell]);
  }
  return [...cellsByLines].flatMap(([lines, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` and ${pluralize(others.length, 'other cell')}`;
    const where = cellsByLines.size === 1 ? '' : ` with ${first}${more}`;
    return [`faults${where}, in seconds from the start of the load`, lines];
  });
}

function formatFaultWindow({ name, what, from, to, across }: DryRun['cells'][number]['faults'][number]): string {
  const time = (milliseconds: number) => (milliseconds / 1_000).toFixed(2);
  const until = to === null ? 'to the end' : to === from ? '' : `to ${time(to)}`;
  return `  ${time(from).padStart(7)} ${until.padEnd(10)}  ${paint('bold', name)}: ${what}${across === undefined ? '' : `, across ${pluralize(across, 'link')}`}`;
}

/** Formats the metrics with intervals, the failed runs, and the path of the report. */
export function formatExperimentResults(report: string, { experiment, runs, failed }: Results): string {
  const cells = summariseCells(experiment, runs, experiment.measure);
  const interval = (low: number | null, high: number | null) =>
    low === null || high === null || low === high ? '' : ` (${formatMetric(low)}–${formatMetric(high)})`;
  const rows = cells.map((cell) => [
    ...experiment.axes.map(({ name }) => String(cell.parameters[name])),
    ...experiment.measure.map((name) => {
      const { value, low, high } = estimateOf(cell, name);
      return `${formatMetric(value)}${interval(low, high)}`;
    }),
  ]);
  const heading = [...experiment.axes.map(({ name }) => name), ...experiment.measure.map(metricHeading)];
  const tooFew = cells.length === 0 ? undefined : describeTooFewRuns(cells);
  const failures = [...failed].map(([key, why]) => `${paint('red', '✘', process.stdout)} ${key}: ${why}`);
  return [
    '',
    formatTable([heading, ...rows]),
    ...(tooFew === undefined ? [] : ['', `${tooFew}; --repeats 10 adds runs`]),
    ...(failures.length > 0 ? ['', ...failures, '  the same command tries these again'] : []),
    '',
    `report: ${report}`,
  ].join('\n');
}

/** Returns the results for `--json`. */
export function experimentResultsToJson(folder: string, { experiment, runs, failed }: Results): object {
  return {
    name: experiment.name,
    folder,
    runs: runs.length,
    failed: Object.fromEntries(failed),
    cells: summariseCells(experiment, runs).map(({ parameters, runs: own, metrics: figures }) => ({
      parameters,
      runs: own.length,
      figures,
    })),
  };
}
