import { latencyHistogram } from '../metrics/latency-histogram.ts';
import { bytesByNode } from '../metrics/metrics.ts';
import type { LinkTraffic } from '../metrics/samples.ts';
import { mean } from '../metrics/statistics.ts';
import type { Chart, Series } from '../plot/chart.ts';
import type { CellSummary } from '../results/summary.ts';
import type { CellStyles } from './cell-styles.ts';
import { groupCurves, type ReportChart, sharedTop, toReportChart } from './report-chart.ts';

const LATENCY_CURVE_POINTS = 200;

/** Draws the latency of each cell by percentile, out to the rarest percentile that its receipts can tell apart. */
export function latencyCharts(cells: readonly CellSummary[], styles: CellStyles): ReportChart[] {
  const seriesOf = (cell: CellSummary): Series[] => {
    const histogram = latencyHistogram(cell.runs);
    if (histogram === undefined) return [];
    // Half a receipt short of all of them, where the longest is: 100 % is infinitely many nines away.
    const nines = Math.log10(2 * histogram.totalCount);
    const points = Array.from({ length: LATENCY_CURVE_POINTS + 1 }, (_, index) => {
      const x = 100 * (1 - 10 ** ((-nines * index) / LATENCY_CURVE_POINTS));
      return { x, y: histogram.getValueAtPercentile(x) / 1_000 };
    });
    return [{ name: styles.titleOf(cell), mark: 'curve', style: styles.styleOf(cell), points }];
  };
  return curveCharts(cells, styles, seriesOf, 'latencies', {
    title: 'Latency by percentile',
    x: '% of the receipts that took no longer',
    y: 'ms from the sender to a node',
    scale: 'percentile',
    note: 'All receipts of all messages of each cell. Nodes that a message did not reach have none.',
  });
}

/** Draws the traffic of nodes and of links, busiest first: level where the load is balanced. */
export function loadCharts(cells: readonly CellSummary[], styles: CellStyles): ReportChart[] {
  const chartsOf = (
    kind: 'node' | 'link',
    bytesOf: (links: readonly LinkTraffic[]) => Iterable<number>,
  ): ReportChart[] => {
    const seriesOf = (cell: CellSummary): Series[] => {
      const values = meanBytesByRank(cell, bytesOf);
      // A step for each rank, as wide as the others; a single one says nothing of balance.
      const points = [...values, ...values.slice(-1)].map((value, index) => ({ x: index + 0.5, y: value / 1_000 }));
      const series: Series = { name: styles.titleOf(cell), mark: 'curve', style: styles.styleOf(cell), points };
      return points.length < 3 ? [] : [series];
    };
    return curveCharts(cells, styles, seriesOf, `load-${kind}s`, {
      title: `Load by ${kind}`,
      x: `${kind}s, busiest first`,
      y: 'kB for each message',
      scale: 'ranks',
      note: 'Mean over the runs of each cell, both ways, keepalives included.',
    });
  };
  return [
    ...chartsOf('node', (links) => bytesByNode(links).values()),
    ...chartsOf('link', (links) => links.map((link) => link.bytes)),
  ];
}

/** Draws a curve for each cell, in as many plots as it takes. */
function curveCharts(
  cells: readonly CellSummary[],
  styles: CellStyles,
  seriesOf: (cell: CellSummary) => Series[],
  name: string,
  { title, ...chart }: Omit<Chart, 'series'>,
): ReportChart[] {
  const groups = groupCurves(cells, styles).map((group) => ({ ...group, series: group.shown.flatMap(seriesOf) }));
  const top = sharedTop(groups.map(({ series }) => series));
  return groups.flatMap(({ series, titleSuffix, nameSuffix }) =>
    series.length === 0
      ? []
      : [toReportChart(`${name}${nameSuffix}`, { title: `${title}${titleSuffix}`, ...chart, ...top, series })],
  );
}

/** Returns the bytes for each message of the busiest node or link of a run, the second, and so on: means over the runs. */
function meanBytesByRank(
  { runs }: CellSummary,
  bytesOf: (links: readonly LinkTraffic[]) => Iterable<number>,
): number[] {
  const ranked = runs.flatMap(({ links = [], messages }) =>
    links.length === 0 ? [] : [[...bytesOf(links)].map((bytes) => bytes / messages).sort((one, other) => other - one)],
  );
  const ranks = Math.max(0, ...ranked.map(({ length }) => length));
  return Array.from({ length: ranks }, (_, rank) => mean(ranked.flatMap((bytes) => bytes[rank] ?? [])));
}
