import { Command } from 'commander';
import { type Comparison, compare, FIGURES, formatFigure, ResultsFolder } from '../../experiment/index.ts';
import { count, paint, table } from '../format.ts';

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
  const compared = compare(one!, other!);
  if (json) {
    process.stdout.write(`${JSON.stringify(compared)}\n`);
    return;
  }
  const { comparisons, onlyA, onlyB } = compared;
  const axes = one!.experiment.axes.map(({ name }) => name);
  const rows = comparisons.map(({ parameters, figure, a: first, b: second, difference, verdict }) => {
    const { low, high } = difference;
    const { title, unit } = FIGURES[figure];
    return [
      ...axes.map((axis) => String(parameters[axis])),
      unit === '' || unit === title ? title : `${title}, ${unit}`,
      formatFigure(first),
      formatFigure(second),
      signed(difference.value),
      low === null || high === null ? '' : `${signed(low)} to ${signed(high)}`,
      WORDS[verdict](),
    ];
  });
  const told = comparisons.filter(({ verdict }) => verdict === 'higher' || verdict === 'lower').length;
  const lines = [
    `A: ${a}: ${one!.experiment.question}`,
    `B: ${b}: ${other!.experiment.question}`,
    '',
    table([[...axes, 'figure', 'A', 'B', 'B - A', '95 % interval', ''], ...rows]),
    '',
    `${told} of ${count(comparisons.length, 'comparison')} differ by more than chance; with so many, ${Math.ceil(comparisons.length / 20)} would do so if nothing differed`,
    ...[['A', onlyA] as const, ['B', onlyB] as const].flatMap(([which, cells]) =>
      cells.length === 0 ? [] : [`only in ${which}: ${cells.join('; ')}`],
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

const WORDS: Record<Comparison['verdict'], () => string> = {
  higher: () => paint('yellow', 'B is higher'),
  lower: () => paint('cyan', 'B is lower'),
  same: () => 'the same',
  unclear: () => paint('gray', 'not told apart'),
  unknown: () => paint('gray', 'too little to tell'),
};

function signed(value: number | null): string {
  return value === null ? '–' : `${value > 0 ? '+' : ''}${formatFigure(value)}`;
}
