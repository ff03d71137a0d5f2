import { describe, expect, it } from 'vitest';
import {
  type CellSummary,
  describeTooFewRuns,
  summariseCells,
  summaryCsv,
} from '../../../src/experiment/results/summary.ts';
import { complete, message } from '../fixtures.ts';

describe('summary.csv', () => {
  it('has a row for each cell, with quoted fields where necessary', () => {
    const runs = [complete([message([1, 2])], { cell: 'shape=a,"b"', parameters: { shape: 'a,"b"' } })];
    const experiment = { axes: [{ name: 'shape', labels: ['a,"b"', 'none'] }], measure: [] };
    const rows = summariseCells(experiment, runs);
    const [heading, row, ...rest] = summaryCsv(experiment, rows).split('\r\n');
    expect(heading).toMatch(/^shape,runs,messages,reached,reached_low,reached_high,t50,/);
    expect(row).toMatch(/^"a,""b""",1,1,100,43.8503,100,1,/);
    expect(rest).toEqual(['']);
  });

  it('has the cells in the order of the matrix, in which runs need not be', () => {
    const runs = [2, 1].map((n) => complete([message([1])], { cell: `n=${n}`, parameters: { n } }));
    const cells = summariseCells({ axes: [{ name: 'n', labels: [1, 2] }], measure: [] }, runs);
    expect(cells.map(({ cell }) => cell)).toEqual(['n=1', 'n=2']);
  });

  it('has the metrics that an experiment measures, and says never as tables and plots do', () => {
    const measure = ['within-99.9-2ms'] as const;
    const runs = [complete([message([1, 2], 1)]), complete([message([1, 2], 1)])];
    const rows = summariseCells({ axes: [], measure: [...measure] }, runs);
    const [heading, row] = summaryCsv({ axes: [], measure: [...measure] }, rows).split('\r\n');
    const column = (name: string) => row!.split(',')[heading!.split(',').indexOf(name)];
    expect(column('t100')).toBe('never');
    expect(column('t50_high')).toBe('1');
    expect(column('duplicates')).toBe('');
    expect(column('within_99_9_2ms')).toBe('0');
    expect(column('within_99_9_2ms_high')).toBe('65.762');
  });
});

describe('cells with too few runs', () => {
  const cells = (...counts: number[]) =>
    counts.map((count) => ({ runs: Array.from({ length: count }) }) as unknown as CellSummary);
  it.each([
    [[5, 10], undefined],
    [[10, 3], '3 runs a cell: intervals are hardly more than their range'],
    [[1], '1 run a cell: intervals say how its messages differ, and nothing about other runs'],
  ])('%j runs: %s', (counts, expected) => {
    expect(describeTooFewRuns(cells(...counts))).toBe(expected);
  });
});
