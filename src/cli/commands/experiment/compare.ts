import {
  compareCells,
  compareResults,
  formatDifference,
  formatDifferenceInterval,
  formatMetric,
  type MetricComparison,
  type MetricName,
  metricHeading,
  type Results,
  ResultsFolder,
  runsNeeded,
  selectPairs,
  summariseCells,
  VERDICT_TEXTS,
} from '../../../experiment/index.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { formatList, pluralize } from '../../../shared/text.ts';
import { formatTable, paint } from '../../output/format.ts';

interface Options {
  /** Cells of one folder to compare with each other. */
  cell?: string[];
  measure?: string[];
  json?: true;
}

/** Compares two folders of results, or the cells of one. */
export async function run(a: string, b: string | undefined, options: Options): Promise<void> {
  if (b !== undefined && options.cell) {
    throw new DevnetError('usage', '--cell compares cells of one folder, and two were given', {
      hint: `devnet compare ${a} ${options.cell.map((cell) => `--cell "${cell}"`).join(' ')}`,
    });
  }
  const resultsA = await new ResultsFolder(a).read();
  const metrics = chooseMetrics(
    resultsA,
    (options.measure ?? []).flatMap((names) => names.split(',')),
  );
  if (b === undefined) printCellComparison(resultsA, metrics, options);
  else printResultsComparison({ a, b }, resultsA, await new ResultsFolder(b).read(), metrics, options);
}

/** @throws DevnetError `usage` for a metric that the experiment does not measure */
function chooseMetrics({ experiment: { measure } }: Results, names: readonly string[]): MetricName[] {
  const unknown = names.find((name) => !measure.includes(name as MetricName));
  if (unknown === undefined) return names.length === 0 ? measure : measure.filter((name) => names.includes(name));
  throw new DevnetError('usage', `the experiment does not measure "${unknown}"`, {
    hint: `it measures ${formatList(measure)}`,
  });
}

function printCellComparison(
  { experiment, runs }: Results,
  metrics: readonly MetricName[],
  { cell, json }: Options,
): void {
  const cells = summariseCells(experiment, runs, metrics);
  const pairs = selectPairs(cells, experiment.axes, cell ?? []);
  if (pairs.length === 0)
    throw new DevnetError('usage', 'there are no two cells to compare', {
      hint: 'choose cells with --cell NAME=VALUE, twice or more',
    });
  const comparisons = compareCells(pairs, metrics);
  if (json) {
    process.stdout.write(`${JSON.stringify({ comparisons })}\n`);
    return;
  }
  const rows = comparisons.map(({ cellA, cellB, ...comparison }) => [cellA, cellB, ...comparisonColumns(comparison)]);
  process.stdout.write(
    `${[
      experiment.question,
      '',
      formatTable([['A', 'B', ...COMPARISON_HEADINGS], ...rows]),
      '',
      ...summaryLines(comparisons, runsNeeded(pairs, comparisons)),
    ].join('\n')}\n`,
  );
}

function printResultsComparison(
  { a, b }: { a: string; b: string },
  resultsA: Results,
  resultsB: Results,
  metrics: readonly MetricName[],
  { json }: Options,
): void {
  const compared = compareResults(resultsA, resultsB, metrics);
  if (json) {
    process.stdout.write(`${JSON.stringify(compared)}\n`);
    return;
  }
  const { comparisons, onlyA, onlyB, needed } = compared;
  const axes = resultsA.experiment.axes.map(({ name }) => name);
  const rows = comparisons.map(({ parameters, ...comparison }) => [
    ...axes.map((axis) => String(parameters[axis])),
    ...comparisonColumns(comparison),
  ]);
  const lines = [
    `A: ${a}: ${resultsA.experiment.question}`,
    `B: ${b}: ${resultsB.experiment.question}`,
    '',
    formatTable([[...axes, ...COMPARISON_HEADINGS], ...rows]),
    '',
    ...summaryLines(comparisons, needed),
    ...[['A', onlyA] as const, ['B', onlyB] as const].flatMap(([which, cells]) =>
      cells.length === 0 ? [] : [`only in ${which}: ${cells.join('; ')}`],
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

const COMPARISON_HEADINGS = ['metric', 'A', 'B', 'B - A', '95 % interval', 'p', ''];

function comparisonColumns({ figure, a, b, difference, correctedP, verdict }: MetricComparison): string[] {
  return [
    metricHeading(figure),
    formatMetric(a),
    formatMetric(b),
    formatDifference(difference.value),
    formatDifferenceInterval(difference),
    correctedP === null ? '' : formatMetric(correctedP),
    paint(VERDICT_COLOURS[verdict], VERDICT_TEXTS[verdict]),
  ];
}

/** Says how many comparisons differ, and how many runs it takes to tell. */
function summaryLines(comparisons: readonly MetricComparison[], needed: number | undefined): string[] {
  const differing = comparisons.filter(({ verdict }) => verdict === 'higher' || verdict === 'lower').length;
  return [
    `differ by more than chance: ${differing} of ${pluralize(comparisons.length, 'comparison')} (rank test; p is corrected for their number, after Holm)`,
    ...(needed === undefined
      ? []
      : [
          `too few runs: to tell a difference among so many comparisons takes ${needed} of each cell`,
          '  --repeats adds runs, --measure and --cell choose fewer comparisons',
        ]),
  ];
}

const VERDICT_COLOURS = { higher: 'yellow', lower: 'cyan', same: 'reset', unclear: 'gray', unknown: 'gray' } as const;
