import { describe, expect, it } from 'vitest';
import type { CompleteRun, FaultPeriod } from '../../../src/experiment/metrics/samples.ts';
import { CellStyles } from '../../../src/experiment/report/cell-styles.ts';
import { faultTimelineCharts } from '../../../src/experiment/report/fault-timeline-charts.ts';
import type { CellSummary } from '../../../src/experiment/results/summary.ts';
import { complete, message } from '../fixtures.ts';
import { readAxes } from '../plot/read-axes.ts';

const split: FaultPeriod = { name: 'split <1>', what: 'cut', from: 2_000, to: 4_000 };
const sentAt = (second: number, times: number[], lost = 0) => ({
  ...message(times, lost),
  sent: `2026-01-01T00:00:0${second}.000000Z`,
});
const run = (faults: FaultPeriod[], more: Partial<CompleteRun> = {}) =>
  complete([sentAt(0, [10, 20, 30]), sentAt(3, [10], 2), sentAt(5, [10, 20, 1500])], {
    began: '2026-01-01T00:00:00.000Z',
    faults,
    ...more,
  });
const styles = new CellStyles({ name: 'x', axes: [{ name: 'cell', labels: ['one', 'two'] }] });
const row = (name: string, ...runs: CompleteRun[]) =>
  ({ cell: name, parameters: { cell: name }, runs }) as unknown as CellSummary;
const draw = (rows: CellSummary[]) =>
  new Map(faultTimelineCharts(rows, styles).map(({ name, draw: render }) => [name, render('white')]));
/** Left and right ends of the bands, in seconds. */
const bands = (svg: string) => {
  const { x } = readAxes(svg);
  return [...svg.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="[\d.]+" fill="#c8323c"/g)].map(
    ([, left, width]) => [x(Number(left)), x(Number(left) + Number(width))],
  );
};

describe('charts of messages beside the faults', () => {
  const charts = draw([row('one', run([split])), row('two', run([{ ...split, from: 2_200, to: 4_400 }]))]);

  it('are drawn for each cell, and for all of them together', () => {
    expect([...charts.keys()]).toEqual(['told-reached', 'told-t100', 'timeline-1', 'timeline-2']);
  });

  it('have faults as bands over the time in which they were in force', () => {
    const [[from, to]] = bands(charts.get('timeline-1')!) as [[number, number]];
    expect(from).toBeCloseTo(2, 1);
    expect(to).toBeCloseTo(4, 1);
    expect(charts.get('timeline-1')).toContain('split &lt;1&gt;');
    // Of two cells, at the mean of their times: from 2.1 s to 4.2 s, on an axis to 5 s.
    const [[start, end]] = bands(charts.get('told-reached')!) as [[number, number]];
    expect(start).toBeCloseTo(2.1, 1);
    expect(end).toBeCloseTo(4.2, 1);
  });

  it('interrupt their lines where a message never reached all', () => {
    const [, line] = /<path class="line" d="([^"]+)"/.exec(charts.get('told-t100')!)!;
    expect(line).toMatch(/^M[\d.,]+ZM[\d.,]+Z$/);
    const [, whole] = /<path class="line" d="([^"]+)"/.exec(charts.get('told-reached')!)!;
    expect(whole).toMatch(/^M[\d.,]+L[\d.,]+L[\d.,]+$/);
  });

  it('have no bands where cells had different faults', () => {
    const others = draw([row('one', run([split])), row('two', run([]))]);
    expect(bands(others.get('told-reached')!)).toEqual([]);
    expect(others.has('timeline-2')).toBe(false);
  });

  it('are not drawn where no fault began or ended during a run', () => {
    expect(draw([row('one', run([{ ...split, from: 3, to: null }]))]).size).toBe(0);
    expect(draw([row('one', run([]))]).size).toBe(0);
  });
});
