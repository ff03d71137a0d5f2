import { describe, expect, it } from 'vitest';
import { drawChart } from '../../../src/experiment/plot/chart.ts';
import { sequentialColour } from '../../../src/experiment/plot/colours.ts';
import { drawDotPlot } from '../../../src/experiment/plot/dot-plot.ts';
import { drawPropagationTree } from '../../../src/experiment/report/propagation-tree.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { message } from '../fixtures.ts';

/** Elements that are not closed, or closed without being open. */
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

  it.each(Object.entries(drawings))('is well-formed and has only numbers for coordinates: %s', (_, svg) => {
    expect(imbalance(svg)).toEqual([]);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('shows escaped titles, whiskers, legends and names', () => {
    expect(drawings.chart).toContain('A &lt;title&gt; &amp; more');
    expect(drawings.chart).toContain('>one</text>');
    expect(drawings.chart).toContain('>here</text>');
    expect(drawings.chart.match(/<circle [^>]*class="rim"/g)).toHaveLength(3);
    expect(drawings.dots).toContain('>never</text>');
    expect(drawings.infection).toContain('n4: never');
    expect(drawings.infection).toContain('From n1 to 2 others in 2 ms; 1 never received it');
  });

  it('needs something to draw', () => {
    expect(() => drawChart({ title: 't', x: 'x', y: 'y', ordered: false, series: [] }, 'white')).toThrow(RangeError);
  });

  it('has colours from one end of the scale to the other', () => {
    expect(sequentialColour(0)).toBe('rgb(64, 52, 111)');
    expect(sequentialColour(1)).toBe('rgb(234, 215, 57)');
    for (const share of [-1, 0.3, 0.5, 2]) expect(sequentialColour(share)).toMatch(/^rgb\(\d+, \d+, \d+\)$/);
  });
});
