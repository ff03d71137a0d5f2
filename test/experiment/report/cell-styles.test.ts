import { describe, expect, it } from 'vitest';
import { CellStyles } from '../../../src/experiment/report/cell-styles.ts';
import { createReportCharts } from '../../../src/experiment/report/charts.ts';
import { summariseCells } from '../../../src/experiment/results/summary.ts';
import { SAMPLE_MATRICES, type SampleMatrix, sampleResults } from './sample-results.ts';

describe.each(Object.keys(SAMPLE_MATRICES) as SampleMatrix[])('cells of %s', (matrix) => {
  const { experiment, runs } = sampleResults(matrix, { runs: 1, hasFaults: false });
  const cells = summariseCells(experiment, runs);
  const styles = new CellStyles(experiment);

  it('have names and styles of their own', () => {
    expect(new Set(cells.map((cell) => styles.titleOf(cell))).size).toBe(cells.length);
    expect(new Set(cells.map((cell) => JSON.stringify(styles.styleOf(cell)))).size).toBe(cells.length);
  });

  it('have the same style and order in every plot', () => {
    const order = cells.map((cell) => styles.styleOf(cell).colour);
    for (const { name, draw } of createReportCharts(experiment, cells)) {
      if (!/^(coverage|latencies|load|t99)/.test(name)) continue;
      const drawn = [
        ...draw('white').matchAll(/(?:class="line" [^>]*stroke|class="rim" fill)="(#[\da-f]+|rgb[^"]+)"/g),
      ].map(([, colour]) => colour!);
      // Each colour of the plot is that of a cell or of a group of cells, and cells follow each other as in the matrix.
      const own = drawn.filter((colour) => order.includes(colour));
      expect(own.length, name).toBeGreaterThan(0);
      if (new Set(order).size === cells.length && !/^t99/.test(name)) {
        const places = own.map((colour) => order.indexOf(colour));
        expect(places, name).toEqual(places.toSorted((one, other) => one - other));
      }
    }
  });
});

it('a cell without parameters has the name of the experiment, and a word needs no name of its parameter', () => {
  const title = (axes: { name: string; labels: (string | number)[] }[], parameters: Record<string, string | number>) =>
    new CellStyles({ name: 'x', axes }).titleOf({ parameters });
  expect(title([], {})).toBe('x');
  expect(title([{ name: 'shape', labels: ['ring', 'star'] }], { shape: 'ring' })).toBe('ring');
  expect(title([{ name: 'loss', labels: ['1%'] }], { loss: '1%' })).toBe('loss 1%');
  expect(title([{ name: 'n', labels: [1, 2] }], { n: 1 })).toBe('n 1');
});
