import { loads } from '../figures.ts';
import { drawChart, type Series } from '../plot/chart.ts';
import type { LinkTraffic } from '../sample.ts';
import { mean } from '../statistics.ts';
import type { Row } from '../summary.ts';
import type { Drawing } from './charts.ts';
import { curvesOf } from './spread.ts';

/** How what was sent falls on nodes and on links, the busiest first: level where it falls on all alike. */
export function loadCurves(rows: readonly Row[], called: (row: Row) => string): Drawing[] {
  const { chosen, some } = curvesOf(rows);
  const of = (
    name: string,
    what: string,
    things: string,
    bytes: (links: readonly LinkTraffic[]) => Iterable<number>,
  ): Drawing[] => {
    const title = `${what}${some}`;
    const series = chosen.map((row): Series => {
      const values = byRank(row, bytes);
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
    ...of('load-nodes', 'Load by node', 'nodes', (links) => loads(links).values()),
    ...of('load-links', 'Load by link', 'links', (links) => links.map((link) => link.bytes)),
  ];
}

/** Bytes for each message of the busiest of a run, of the second, and so on: the mean over the runs that counted them. */
function byRank({ runs }: Row, bytes: (links: readonly LinkTraffic[]) => Iterable<number>): number[] {
  const all = runs.flatMap(({ links = [], messages }) =>
    links.length === 0 ? [] : [[...bytes(links)].map((one) => one / messages).sort((one, other) => other - one)],
  );
  const most = Math.max(0, ...all.map(({ length }) => length));
  return Array.from({ length: most }, (_, rank) => mean(all.flatMap((one) => one[rank] ?? [])));
}
