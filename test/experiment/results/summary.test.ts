import { describe, expect, it } from 'vitest';
import { summariseCells, summaryCsv } from '../../../src/experiment/results/summary.ts';
import { complete, message } from '../fixtures.ts';

describe('summary.csv', () => {
  it('has a row for each cell, with quoted fields where necessary', () => {
    const runs = [complete([message([1, 2])], { cell: 'shape=a,"b"', parameters: { shape: 'a,"b"' } })];
    const rows = summariseCells({ runs: [{ cell: 'shape=a,"b"' }, { cell: 'shape=none' }] as never }, runs);
    const [heading, row, ...rest] = summaryCsv(['shape'], rows).split('\r\n');
    expect(heading).toMatch(/^shape,runs,messages,reached,reached_low,reached_high,t50,/);
    expect(row).toMatch(/^"a,""b""",1,1,100,,,1,/);
    expect(rest).toEqual(['']);
  });
});
