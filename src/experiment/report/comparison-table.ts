import { formatCsvRow } from '../../shared/csv.ts';
import { escapeXml } from '../../shared/escape-xml.ts';
import { pluralize } from '../../shared/text.ts';
import { deadlineOf, formatMetric, GRAPH_METRICS, type MetricName, metricHeading } from '../metrics/metrics.ts';
import type { Experiment } from '../plan/experiment.ts';
import {
  type CellMetricComparison,
  compareCells,
  formatDifference,
  formatDifferenceInterval,
  type MetricComparison,
  runsNeeded,
  VERDICT_TEXTS,
} from '../results/compare.ts';
import { selectPairs } from '../results/select-cells.ts';
import { type CellSummary, estimateOf, formatCsvNumber } from '../results/summary.ts';
import { CellStyles } from './cell-styles.ts';
import { section, table } from './tables.ts';

/** Most rows of the table; all are in the file. */
const MAX_ROWS = 30;

/**
 * Returns the metric that answers the question: the first share of messages in time, else the first of the messages that
 * differs between cells. Undefined where none does.
 */
export function decisiveMetric(
  { measure }: Pick<Experiment, 'measure'>,
  cells: readonly CellSummary[],
): MetricName | undefined {
  const differs = (name: MetricName) => new Set(cells.map((cell) => estimateOf(cell, name).value)).size > 1;
  return (
    measure.find((name) => deadlineOf(name) !== undefined) ??
    measure.find((name) => !GRAPH_METRICS.includes(name) && differs(name))
  );
}

/** Returns a table of the cells that differ in one parameter, by the metric that answers the question; empty without two. */
export function comparisonTable(experiment: Experiment, cells: readonly CellSummary[]): string {
  const metric = decisiveMetric(experiment, cells);
  const pairs = selectPairs(cells, experiment.axes, []);
  if (metric === undefined || pairs.length === 0) return '';
  const styles = new CellStyles(experiment);
  const comparisons = compareCells(pairs, [metric]);
  const differing = comparisons.filter(isDifferent);
  const shown = comparisons.length <= MAX_ROWS ? comparisons : differing.slice(0, MAX_ROWS);
  const titles = new Map(cells.map((cell) => [cell.cell, styles.titleOf(cell)]));
  const rows = shown.map(({ cellA, cellB, a, b, difference, correctedP, verdict }) => [
    `<th scope="row">${escapeXml(titles.get(cellA)!)}</th>`,
    `<th scope="row">${escapeXml(titles.get(cellB)!)}</th>`,
    `<td>${formatMetric(a)}</td><td>${formatMetric(b)}</td>`,
    `<td>${formatDifference(difference.value)}<small>${formatDifferenceInterval(difference)}</small></td>`,
    `<td>${formatMetric(correctedP)}</td><td class="words">${VERDICT_TEXTS[verdict]}</td>`,
  ]);
  const needed = runsNeeded(pairs, comparisons);
  const heading = ['A', 'B', 'in A', 'in B', 'B − A', 'p', ''].map((title) => `<th scope="col">${title}</th>`);
  const left = shown.length < comparisons.length ? ` Shown: ${shown.length} that differ.` : '';
  return section(
    `Which cells differ: ${metricHeading(metric)}`,
    `Cells that differ in one parameter: ${differing.length} of ${pluralize(comparisons.length, 'comparison')} differ by more than chance.${left} p: probability of runs at least as far apart if nothing differed (Mann–Whitney), corrected for the number of comparisons (Holm); the difference has a 95 % interval. comparisons.csv has every metric.${needed === undefined ? '' : ` To tell a difference among so many comparisons takes ${needed} runs of each cell, and some have fewer.`}`,
    rows.length === 0 ? '' : table(heading, rows),
  );
}

/** Writes comparisons.csv (RFC 4180): cells that differ in one parameter, by every metric; corrected for the comparisons of each. */
export function comparisonsCsv(experiment: Experiment, cells: readonly CellSummary[]): string {
  const pairs = selectPairs(cells, experiment.axes, []);
  const heading = [
    'metric',
    'a',
    'b',
    'value_a',
    'value_b',
    'difference',
    'difference_low',
    'difference_high',
    'p',
    'p_corrected',
    'verdict',
  ];
  const rows = experiment.measure
    .flatMap((metric) => compareCells(pairs, [metric]))
    .map((comparison) => {
      const {
        figure,
        cellA,
        cellB,
        a,
        b,
        difference: { value, low, high },
        p,
        correctedP,
        verdict,
      } = comparison satisfies CellMetricComparison;
      // The words of the table: "B never" where only A came in time.
      const differences = [value, low, high].map((number) =>
        number === null || Number.isFinite(number) ? formatCsvNumber(number) : formatDifference(number),
      );
      const probabilities = [p, correctedP].map(formatCsvNumber);
      return [figure, cellA, cellB, ...[a, b].map(formatCsvNumber), ...differences, ...probabilities, verdict];
    });
  return [heading, ...rows].map(formatCsvRow).join('');
}

const isDifferent = ({ verdict }: MetricComparison): boolean => verdict === 'higher' || verdict === 'lower';
