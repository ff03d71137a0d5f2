import { describe, expect, it } from 'vitest';
import { loadCharts } from '../../../src/experiment/report/distribution-charts.ts';
import type { CellSummary } from '../../../src/experiment/results/summary.ts';
import { complete, message } from '../fixtures.ts';

const link = (from: string, to: string, bytes: number) => ({ from, to, messages: 1, bytes });
const row = (cell: string, ...all: ReturnType<typeof link>[][]) =>
  ({ cell, runs: all.map((links) => complete([message([1]), message([2])], { links })) }) as unknown as CellSummary;

describe('load charts', () => {
  const charts = loadCharts(
    [
      row('a', [link('n1', 'n2', 4_000), link('n2', 'n3', 1_000)], [link('n1', 'n2', 2_000), link('n2', 'n3', 3_000)]),
      row('b', []),
    ],
    ({ cell }) => cell,
  );
  const heights = (name: string) => {
    const svg = charts.find((one) => one.name === name)!.draw('white');
    const [, path] = /<path class="line" d="M([^"]+)"/.exec(svg)!;
    // From 0 at the bottom (288) to the highest mark of the axis (44), in thousands of bytes for each of two messages.
    const top = Math.max(...[...svg.matchAll(/text-anchor="end">([\d.]+)</g)].map(([, mark]) => Number(mark)));
    // Steps: along to the next place, then up or down to its level.
    const corners = path!.split('L').map((corner) => Number(corner.split(',')[1]));
    const levels = corners.filter((_, index) => index % 2 === 0);
    return levels.map((y) => Number((((288 - y) / 244) * top).toFixed(2)));
  };

  it('show the busiest of each run, the second, and so on, as means over the runs', () => {
    // Nodes: 5, 4, 1 and 5, 3, 2 kB of two messages each; the last one has its width, too.
    expect(heights('load-nodes')).toEqual([2.5, 1.75, 0.75, 0.75]);
    expect(heights('load-links')).toEqual([1.75, 0.75, 0.75]);
  });

  it('are not drawn where nothing was counted', () => {
    expect(loadCharts([row('b', [])], ({ cell }) => cell)).toEqual([]);
  });
});
