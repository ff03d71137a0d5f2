import { Command } from 'commander';
import {
  compareResults,
  formatMetric,
  METRICS,
  type MetricComparison,
  ResultsFolder,
} from '../../../experiment/index.ts';
import { formatTable, paint, pluralize } from '../../output/format.ts';

export const compareCommand = (): Command =>
  new Command('compare')
    .summary('compare the results of two experiments')
    .description(
      'Shows what differs between two results, cell by cell, with 95 % intervals of the difference: B less A. Where an\n' +
        'interval holds 0, chance alone may be what differs. Two branches of a node are compared by one file, run on each.',
    )
    .argument('<a>', 'folder of results, as devnet experiment writes it')
    .argument('<b>', 'another one')
    .option('--json', 'as JSON')
    .action(run);

async function run(a: string, b: string, { json }: { json?: true }): Promise<void> {
  const [one, other] = await Promise.all([a, b].map((folder) => new ResultsFolder(folder).read()));
  const compared = compareResults(one!, other!);
  if (json) {
    process.stdout.write(`${JSON.stringify(compared)}\n`);
    return;
  }
  const { comparisons, onlyA, onlyB } = compared;
  const axes = one!.experiment.axes.map(({ name }) => name);
  const rows = comparisons.map(({ parameters, figure, a: first, b: second, difference, verdict }) => {
    const { low, high } = difference;
    const { title, unit } = METRICS[figure];
    return [
      ...axes.map((axis) => String(parameters[axis])),
      unit === '' || unit === title ? title : `${title}, ${unit}`,
      formatMetric(first),
      formatMetric(second),
      formatSigned(difference.value),
      low === null || high === null ? '' : `${formatSigned(low)} to ${formatSigned(high)}`,
      VERDICT_TEXT[verdict](),
    ];
  });
  const told = comparisons.filter(({ verdict }) => verdict === 'higher' || verdict === 'lower').length;
  const lines = [
    `A: ${a}: ${one!.experiment.question}`,
    `B: ${b}: ${other!.experiment.question}`,
    '',
    formatTable([[...axes, 'figure', 'A', 'B', 'B - A', '95 % interval', ''], ...rows]),
    '',
    `${told} of ${pluralize(comparisons.length, 'comparison')} differ by more than chance; with so many, ${Math.ceil(comparisons.length / 20)} would do so if nothing differed`,
    ...[['A', onlyA] as const, ['B', onlyB] as const].flatMap(([which, cells]) =>
      cells.length === 0 ? [] : [`only in ${which}: ${cells.join('; ')}`],
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

const VERDICT_TEXT: Record<MetricComparison['verdict'], () => string> = {
  higher: () => paint('yellow', 'B is higher'),
  lower: () => paint('cyan', 'B is lower'),
  same: () => 'the same',
  unclear: () => paint('gray', 'not told apart'),
  unknown: () => paint('gray', 'too little to tell'),
};

function formatSigned(value: number | null): string {
  return value === null ? '–' : `${value > 0 ? '+' : ''}${formatMetric(value)}`;
}
