import { latencyHistogram } from '../metrics/latency-histogram.ts';
import { type Chart, drawChart, type Series } from '../plot/chart.ts';
import type { CellSummary } from '../results/summary.ts';
import type { ReportChart } from './charts.ts';
import { pickCurves } from './pick-evenly.ts';

/** Points of a curve. */
const CURVE_POINTS = 200;

/** How long news took to a node, by percentile, out to the last one that the receipts tell apart. */
export function latencyCharts(
  rows: readonly CellSummary[],
  ordered: boolean,
  called: (row: CellSummary) => string,
): ReportChart[] {
  const { chosen, some } = pickCurves(rows);
  const series = chosen.flatMap((row): Series[] => {
    const histogram = latencyHistogram(row.runs);
    if (histogram === undefined) return [];
    // Half a receipt short of all of them, where the longest stands: 100 % is infinitely many nines away.
    const nines = Math.log10(2 * histogram.totalCount);
    const percentiles = Array.from(
      { length: CURVE_POINTS + 1 },
      (_, index) => 100 * (1 - 10 ** ((-nines * index) / CURVE_POINTS)),
    );
    const points = percentiles.map((x) => ({ x, y: histogram.getValueAtPercentile(x) / 1_000 }));
    return [{ name: called(row), mark: 'curve', points }];
  });
  if (series.length === 0) return [];
  const chart: Chart = {
    title: `Latency by percentile${some}`,
    x: '% of the receipts that took no longer',
    y: 'ms from the sender to a node',
    scale: 'percentile',
    ordered,
    series,
    note: 'Of all receipts of all messages of each cell; nodes that never had the news have none.',
  };
  return [{ name: 'latencies', title: chart.title, draw: (ground) => drawChart(chart, ground) }];
}
