import { latencyHistogram } from '../metrics/latency-histogram.ts';
import { bytesByNode } from '../metrics/metrics.ts';
import type { LinkTraffic } from '../metrics/samples.ts';
import { mean } from '../metrics/statistics.ts';
import type { Series } from '../plot/chart.ts';
import type { CellSummary } from '../results/summary.ts';
import { pickCurves, type ReportChart, toReportChart } from './report-chart.ts';

const LATENCY_CURVE_POINTS = 200;

/** Draws the latency of each cell by percentile, out to the rarest percentile that its receipts can tell apart. */
export function latencyCharts(
  cells: readonly CellSummary[],
  ordered: boolean,
  titleOf: (cell: CellSummary) => string,
): ReportChart[] {
  const { shown, titleSuffix } = pickCurves(cells);
  const series = shown.flatMap((cell): Series[] => {
    const histogram = latencyHistogram(cell.runs);
    if (histogram === undefined) return [];
    // Half a receipt short of all of them, where the longest is: 100 % is infinitely many nines away.
    const nines = Math.log10(2 * histogram.totalCount);
    const points = Array.from({ length: LATENCY_CURVE_POINTS + 1 }, (_, index) => {
      const x = 100 * (1 - 10 ** ((-nines * index) / LATENCY_CURVE_POINTS));
      return { x, y: histogram.getValueAtPercentile(x) / 1_000 };
    });
    return [{ name: titleOf(cell), mark: 'curve', points }];
  });
  if (series.length === 0) return [];
  return [
    toReportChart('latencies', {
      title: `Latency by percentile${titleSuffix}`,
      x: '% of the receipts that took no longer',
      y: 'ms from the sender to a node',
      scale: 'percentile',
      ordered,
      series,
      note: 'All receipts of all messages of each cell. Nodes that a message did not reach have none.',
    }),
  ];
}

/** Draws the traffic of nodes and of links, busiest first: level where the load is balanced. */
export function loadCharts(cells: readonly CellSummary[], titleOf: (cell: CellSummary) => string): ReportChart[] {
  const { shown, titleSuffix } = pickCurves(cells);
  const chartOf = (
    kind: 'node' | 'link',
    bytesOf: (links: readonly LinkTraffic[]) => Iterable<number>,
  ): ReportChart[] => {
    const series = shown.map((cell): Series => {
      const values = meanBytesByRank(cell, bytesOf);
      // Each is one unit wide, the last one as well.
      const points = [...values, ...values.slice(-1)].map((value, rank) => ({ x: rank, y: value / 1_000 }));
      return { name: titleOf(cell), mark: 'curve', points };
    });
    if (series.every(({ points }) => points.length < 3)) return [];
    return [
      toReportChart(`load-${kind}s`, {
        title: `Load by ${kind}${titleSuffix}`,
        x: `${kind}s, busiest first`,
        y: 'kB for each message',
        series,
        ordered: false,
        note: 'Mean over the runs of each cell, both ways, keepalives included.',
      }),
    ];
  };
  return [
    ...chartOf('node', (links) => bytesByNode(links).values()),
    ...chartOf('link', (links) => links.map((link) => link.bytes)),
  ];
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
