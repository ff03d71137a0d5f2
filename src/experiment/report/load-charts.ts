import { bytesByNode } from '../metrics/metrics.ts';
import type { LinkTraffic } from '../metrics/samples.ts';
import { mean } from '../metrics/statistics.ts';
import { drawChart, type Series } from '../plot/chart.ts';
import type { CellSummary } from '../results/summary.ts';
import type { ReportChart } from './charts.ts';
import { pickCurves } from './pick-evenly.ts';

/** How what was sent falls on nodes and on links, the busiest first: level where it falls on all alike. */
export function loadCharts(rows: readonly CellSummary[], called: (row: CellSummary) => string): ReportChart[] {
  const { chosen, some } = pickCurves(rows);
  const of = (
    name: string,
    what: string,
    things: string,
    bytes: (links: readonly LinkTraffic[]) => Iterable<number>,
  ): ReportChart[] => {
    const title = `${what}${some}`;
    const series = chosen.map((row): Series => {
      const values = meanBytesByRank(row, bytes);
      // Each has the width of one, the last one as well.
      const points = [...values, ...values.slice(-1)].map((value, rank) => ({ x: rank, y: value / 1_000 }));
      return { name: called(row), mark: 'curve', points };
    });
    if (series.every(({ points }) => points.length < 3)) return [];
    const note = 'Mean over the runs of each cell, both ways, with what keeps links alive.';
    const chart = { title, x: `${things}, busiest first`, y: 'kB for each message', series, ordered: false, note };
    return [{ name, title, draw: (ground) => drawChart(chart, ground) }];
  };
  return [
    ...of('load-nodes', 'Load by node', 'nodes', (links) => bytesByNode(links).values()),
    ...of('load-links', 'Load by link', 'links', (links) => links.map((link) => link.bytes)),
  ];
}

/** Bytes for each message of the busiest of a run, of the second, and so on: the mean over the runs that counted them. */
function meanBytesByRank({ runs }: CellSummary, bytes: (links: readonly LinkTraffic[]) => Iterable<number>): number[] {
  const all = runs.flatMap(({ links = [], messages }) =>
    links.length === 0 ? [] : [[...bytes(links)].map((one) => one / messages).sort((one, other) => other - one)],
  );
  const most = Math.max(0, ...all.map(({ length }) => length));
  return Array.from({ length: most }, (_, rank) => mean(all.flatMap((one) => one[rank] ?? [])));
}
