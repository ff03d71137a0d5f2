import {
  compareResults,
  formatMetric,
  type MetricComparison,
  metricHeading,
  ResultsFolder,
} from '../../../experiment/index.ts';
import { pluralize } from '../../../shared/text.ts';
import { formatTable, paint } from '../../output/format.ts';

export async function run(a: string, b: string, { json }: { json?: true }): Promise<void> {
  const [resultsA, resultsB] = await Promise.all([new ResultsFolder(a).read(), new ResultsFolder(b).read()]);
  const compared = compareResults(resultsA, resultsB);
  if (json) {
    process.stdout.write(`${JSON.stringify(compared)}\n`);
    return;
  }
  const { comparisons, onlyA, onlyB } = compared;
  const axes = resultsA.experiment.axes.map(({ name }) => name);
  const rows = comparisons.map(({ parameters, figure, a: first, b: second, difference, verdict }) => {
    const { low, high } = difference;
    return [
      ...axes.map((axis) => String(parameters[axis])),
      metricHeading(figure),
      formatMetric(first),
      formatMetric(second),
      formatSigned(difference.value),
      low === null || high === null ? '' : `${formatSigned(low)} to ${formatSigned(high)}`,
      VERDICT_TEXT[verdict](),
    ];
  });
  const differing = comparisons.filter(({ verdict }) => verdict === 'higher' || verdict === 'lower').length;
  const lines = [
    `A: ${a}: ${resultsA.experiment.question}`,
    `B: ${b}: ${resultsB.experiment.question}`,
    '',
    formatTable([[...axes, 'figure', 'A', 'B', 'B - A', '95 % interval', ''], ...rows]),
    '',
    `${differing} of ${pluralize(comparisons.length, 'comparison')} differ by more than chance; with so many, ${Math.ceil(comparisons.length / 20)} would do so if nothing differed`,
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
  unclear: () => paint('gray', 'no significant difference'),
  unknown: () => paint('gray', 'too few runs'),
};

function formatSigned(value: number | null): string {
  return value === null ? '–' : `${value > 0 ? '+' : ''}${formatMetric(value)}`;
}
