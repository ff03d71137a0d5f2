import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawChart } from '../../../src/experiment/plot/chart.ts';
import { sequentialColour } from '../../../src/experiment/plot/colours.ts';
import { drawDotPlot } from '../../../src/experiment/plot/dot-plot.ts';
import { chooseScale, linearScale, logScale, percentileScale } from '../../../src/experiment/plot/scale.ts';
import { drawPropagationTree } from '../../../src/experiment/report/propagation-tree.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { message } from '../fixtures.ts';

const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 30 });

describe('a scale', () => {
  it('has a place on the axis for every value, in their order, and a few ticks', () => {
    fc.assert(
      fc.property(values, fc.boolean(), fc.boolean(), (all, includeZero, tight) => {
        const { position: place, ticks } = linearScale(all, { includeZero, tight });
        for (const value of all) {
          expect(place(value)).toBeGreaterThanOrEqual(-1e-9);
          expect(place(value)).toBeLessThanOrEqual(1 + 1e-9);
        }
        const sorted = all.toSorted((a, b) => a - b).map(place);
        expect(sorted).toEqual(sorted.toSorted((a, b) => a - b));
        expect(ticks.length).toBeGreaterThanOrEqual(1);
        expect(ticks.length).toBeLessThanOrEqual(10);
      }),
    );
  });

  it('has round ticks at their places', () => {
    const { ticks, position: place } = linearScale([3, 47]);
    expect(ticks.map(({ label }) => label)).toEqual(['0', '10', '20', '30', '40', '50']);
    expect(ticks.map(({ at }) => at)).toEqual([0, 10, 20, 30, 40, 50].map(place));
  });

  it('gives each further nine of percentiles as much room as the one before', () => {
    const { position: place, ticks } = percentileScale([0, 50, 99.9]);
    expect(ticks.map(({ label }) => label)).toEqual(['0', '50', '90', '99', '99.9']);
    const [zero, half, ...nines] = ticks.map(({ at }) => at);
    expect([zero, half]).toEqual([0, place(50)]);
    for (const [index, at] of nines.entries()) expect(at).toBeCloseTo((index + 1) / 3);
  });

  it('is in powers where values are, with zero apart', () => {
    const { position: place, ticks } = logScale([0, 0.001, 0.01, 0.1, 1]);
    const places = [0, 0.001, 0.01, 0.1, 1].map(place);
    expect(places[0]).toBe(0);
    expect(places[4]).toBe(1);
    const steps = places.slice(2).map((one, index) => one - places[index + 1]!);
    for (const step of steps) expect(step).toBeCloseTo(steps[0]!, 9);
    expect(ticks.filter(({ label }) => label !== '').map(({ label }) => label)).toEqual([
      '0',
      '0.001',
      '0.01',
      '0.1',
      '1',
    ]);
    expect(chooseScale([0, 0.001, 0.01, 0.1, 1]).ticks).toEqual(ticks);
    expect(() => logScale([-1, 1])).toThrow(RangeError);
  });
});

/** Elements that are not closed, or are closed without being open. */
function imbalance(svg: string): string[] {
  const open: string[] = [];
  for (const [, closing, name, own] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/gi)) {
    if (own === '/') continue;
    if (closing === '') open.push(name!);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

describe('a drawing', () => {
  const drawings = {
    chart: drawChart(
      {
        title: 'A <title> & more',
        x: 'x',
        y: 'y, ms',
        ordered: true,
        series: [
          {
            name: 'one',
            mark: 'line',
            points: [
              { x: 0, y: 1, low: 0.5, high: 2 },
              { x: 1, y: 3, low: null, high: null },
            ],
          },
          { name: 'two', mark: 'points', points: [{ x: 0.5, y: 2, name: 'here' }] },
        ],
      },
      'none',
    ),
    dots: drawDotPlot(
      {
        title: 'Dots',
        x: 'ms',
        rows: [
          { name: 'ring', value: 3, low: 1, high: 5 },
          { name: 'cut', value: null, low: null, high: null },
        ],
      },
      'white',
    ),
    infection: drawPropagationTree(
      'Way',
      parseTopology('nodes: { count: 4 }\nlinks: ring', { file: 'x', name: 'x' }),
      { ...message([1, 2]), never: ['n4'] },
      'white',
    ),
  };

  it.each(Object.entries(drawings))('is well-formed, and has a number wherever one belongs: %s', (_, svg) => {
    expect(imbalance(svg)).toEqual([]);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('shows what was given: escaped titles, whiskers, legends, names', () => {
    expect(drawings.chart).toContain('A &lt;title&gt; &amp; more');
    expect(drawings.chart).toContain('>one</text>');
    expect(drawings.chart).toContain('>here</text>');
    expect(drawings.chart.match(/<circle [^>]*class="rim"/g)).toHaveLength(3);
    expect(drawings.dots).toContain('>never</text>');
    expect(drawings.infection).toContain('n4: never');
    expect(drawings.infection).toContain('From n1 to 2 others in 2 ms; 1 never received it');
  });

  it('does not draw nothing', () => {
    expect(() => drawChart({ title: 't', x: 'x', y: 'y', ordered: false, series: [] }, 'white')).toThrow(RangeError);
  });

  it('has colours from one end of the ramp to the other', () => {
    expect(sequentialColour(0)).toBe('rgb(64, 52, 111)');
    expect(sequentialColour(1)).toBe('rgb(234, 215, 57)');
    for (const share of [-1, 0.3, 0.5, 2]) expect(sequentialColour(share)).toMatch(/^rgb\(\d+, \d+, \d+\)$/);
  });
});
