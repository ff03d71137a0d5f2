import { describe, expect, it } from 'vitest';
import { loadCharts } from '../../../src/experiment/report/load-charts.ts';
import type { CellSummary } from '../../../src/experiment/results/summary.ts';
import { complete, message } from '../fixtures.ts';

const link = (from: string, to: string, bytes: number) => ({ from, to, messages: 1, bytes });
const row = (cell: string, ...all: ReturnType<typeof link>[][]) =>
  ({ cell, runs: all.map((links) => complete([message([1]), message([2])], { links })) }) as unknown as CellSummary;

describe('the load of nodes and links', () => {
  const drawn = loadCharts(
    [
      row('a', [link('n1', 'n2', 4_000), link('n2', 'n3', 1_000)], [link('n1', 'n2', 2_000), link('n2', 'n3', 3_000)]),
      row('b', []),
    ],
    ({ cell }) => cell,
  );
  const heights = (name: string) => {
    const svg = drawn.find((one) => one.name === name)!.draw('white');
    const [, way] = /<path class="line" d="M([^"]+)"/.exec(svg)!;
    // From 0 at the bottom (288) to the highest mark of the axis (44), in thousands of bytes for each of two messages.
    const top = Math.max(
      ...[...svg.matchAll(/text-anchor="end" font-size="12">([\d.]+)</g)].map(([, mark]) => Number(mark)),
    );
    const [first, ...steps] = way!.split('H');
    const levels = [Number(first!.split(' ')[1]), ...steps.map((step) => Number(step.split('V')[1]))];
    return levels.map((y) => Number((((288 - y) / 244) * top).toFixed(2)));
  };

  it('is that of the busiest of each run, of the second, and so on', () => {
    // Nodes: 5, 4, 1 and 5, 3, 2 kB of two messages each; the last has its width, too.
    expect(heights('load-nodes')).toEqual([2.5, 1.75, 0.75, 0.75]);
    expect(heights('load-links')).toEqual([1.75, 0.75, 0.75]);
  });

  it('is not drawn where nobody counted', () => {
    expect(loadCharts([row('b', [])], ({ cell }) => cell)).toEqual([]);
  });
});
