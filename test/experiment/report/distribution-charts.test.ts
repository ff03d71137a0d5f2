import { describe, expect, it } from 'vitest';
import { CellStyles } from '../../../src/experiment/report/cell-styles.ts';
import { loadCharts } from '../../../src/experiment/report/distribution-charts.ts';
import type { CellSummary } from '../../../src/experiment/results/summary.ts';
import { complete, message } from '../fixtures.ts';
import { readFirstLine } from '../plot/read-axes.ts';

const link = (from: string, to: string, bytes: number) => ({ from, to, messages: 1, bytes });
const row = (cell: string, ...all: ReturnType<typeof link>[][]) =>
  ({
    cell,
    parameters: {},
    runs: all.map((links) => complete([message([1]), message([2])], { links })),
  }) as unknown as CellSummary;

const styles = new CellStyles({ name: 'x', axes: [] });

describe('load charts', () => {
  const charts = loadCharts(
    [
      row('a', [link('n1', 'n2', 4_000), link('n2', 'n3', 1_000)], [link('n1', 'n2', 2_000), link('n2', 'n3', 3_000)]),
      row('b', []),
    ],
    styles,
  );
  const steps = (name: string) =>
    readFirstLine(charts.find((one) => one.name === name)!.draw('white')).map(({ x, y }) => [
      Number(x.toFixed(1)),
      Number(y.toFixed(2)),
    ]);

  it('show the busiest of each run, the second, and so on, as means over the runs', () => {
    // Nodes: 5, 4, 1 and 5, 3, 2 kB of two messages each. Each has a step of its own, around its rank.
    expect(steps('load-nodes')).toEqual([
      [0.5, 2.5],
      [1.5, 2.5],
      [1.5, 1.75],
      [2.5, 1.75],
      [2.5, 0.75],
      [3.5, 0.75],
      [3.5, 0.75],
    ]);
    expect(steps('load-links').map(([, y]) => y)).toEqual([1.75, 1.75, 0.75, 0.75, 0.75]);
  });

  it('are not drawn where nothing was counted', () => {
    expect(loadCharts([row('b', [])], styles)).toEqual([]);
  });
});
