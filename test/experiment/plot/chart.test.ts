import { describe, expect, it } from 'vitest';
import { drawChart } from '../../../src/experiment/plot/chart.ts';
import { categoryStyle } from '../../../src/experiment/plot/colours.ts';
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
        series: [
          {
            name: 'one',
            mark: 'line',
            style: categoryStyle(0),
            points: [
              { x: 0, y: 1, low: 0.5, high: 2 },
              { x: 1, y: 3, low: null, high: null },
            ],
          },
          {
            name: 'two',
            mark: 'points',
            style: categoryStyle(8),
            points: [
              { x: 0.5, y: 2 },
              { x: 0.7, y: Number.POSITIVE_INFINITY },
            ],
          },
        ],
      },
      'none',
    ),
    dots: drawDotPlot(
      {
        title: 'Dots',
        x: 'ms',
        rows: [
          { name: 'ring', style: categoryStyle(0), value: 3, low: 1, high: 5 },
          {
            name: 'cut',
            style: categoryStyle(1),
            value: Number.POSITIVE_INFINITY,
            low: 4,
            high: Number.POSITIVE_INFINITY,
          },
          { name: 'unknown', style: categoryStyle(2), value: null, low: null, high: null },
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
    expect(drawings.chart).toContain('>two</text>');
    // Two points and one in the legend are circles, one and one in the legend are squares, and never is hollow.
    expect(drawings.chart.match(/<circle [^>]*class="rim"/g)).toHaveLength(3);
    expect(drawings.chart.match(/Z" class="rim"/g)).toHaveLength(2);
    expect(drawings.chart.match(/Z" class="hole"/g)).toHaveLength(1);
    for (const svg of [drawings.chart, drawings.dots]) expect(svg).toContain('>never</text>');
    expect(drawings.dots.match(/<circle [^>]*class="hole"/g)).toHaveLength(1);
    expect(drawings.dots).toContain('>–</text>');
    expect(drawings.infection).toContain('n4: never');
    expect(drawings.infection).toContain('From n1 to 2 others in 2 ms; 1 never received it');
  });

  it('needs something to draw', () => {
    expect(() => drawChart({ title: 't', x: 'x', y: 'y', series: [] }, 'white')).toThrow(RangeError);
  });

  it('says where an axis starts, if that is not at 0', () => {
    const points = [95, 99].map((y, x) => ({ x, y }));
    const draw = (top?: number) =>
      drawChart(
        {
          title: 't',
          x: 'x',
          y: 'reached',
          ...(top ? { top } : {}),
          series: [{ name: '', mark: 'line', style: categoryStyle(0), points }],
        },
        'white',
      );
    expect(draw()).toContain('>reached (axis starts at 95)</text>');
    expect(draw(100)).toContain('>reached</text>');
  });
});
