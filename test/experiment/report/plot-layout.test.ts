import { describe, expect, it } from 'vitest';
import { createReportCharts } from '../../../src/experiment/report/charts.ts';
import { summariseCells } from '../../../src/experiment/results/summary.ts';
import { boxesOverlap, type TextBox, textBoxes } from '../plot/text-boxes.ts';
import { SAMPLE_MATRICES, type SampleMatrix, sampleResults } from './sample-results.ts';

/** Lines of the axes, which no text may cross. */
const axisLines = (svg: string): Omit<TextBox, 'text' | 'fontSize'>[] =>
  [...svg.matchAll(/<path d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)" class="axis"/g)].map((match) => {
    const [x1, y1, x2, y2] = match.slice(1).map(Number) as [number, number, number, number];
    return { left: Math.min(x1, x2), right: Math.max(x1, x2), top: Math.min(y1, y2), bottom: Math.max(y1, y2) };
  });

const sizeOf = (svg: string) =>
  /width="([\d.]+)" height="([\d.]+)"/.exec(svg)!.slice(1).map(Number) as [number, number];

describe.each(Object.keys(SAMPLE_MATRICES) as SampleMatrix[])('plots of %s', (matrix) => {
  const { experiment, runs } = sampleResults(matrix);
  const cells = summariseCells(experiment, runs);
  const charts = createReportCharts(experiment, cells).map(({ name, draw }) => ({ name, svg: draw('white') }));

  it('are of every kind', () => {
    expect(cells).toHaveLength(Number(matrix.split(' ')[0]));
    const names = charts.map(({ name }) => name.replace(/-\d$/, ''));
    for (const kind of [
      'deadline',
      'coverage',
      'latencies',
      'told-reached',
      'timeline',
      't99',
      't99-path',
      'load-nodes',
      'infection',
    ])
      expect(names).toContain(kind);
  });

  it.each(charts)('$name: texts overlap neither each other nor an axis, and are inside', ({ svg }) => {
    const boxes = textBoxes(svg);
    const [width, height] = sizeOf(svg);
    const overlapping = boxes.flatMap((one, index) =>
      boxes.slice(index + 1).flatMap((other) => (boxesOverlap(one, other) ? [`${one.text} / ${other.text}`] : [])),
    );
    expect(overlapping).toEqual([]);
    const lines = axisLines(svg).map((line) => ({ text: '', fontSize: 0, ...line }));
    expect(boxes.filter((box) => lines.some((line) => boxesOverlap(box, line))).map(({ text }) => text)).toEqual([]);
    const outside = boxes.filter(
      ({ left, right, top, bottom }) => left < 0 || top < 0 || right > width || bottom > height,
    );
    expect(outside.map(({ text }) => text)).toEqual([]);
  });

  it('have one size of type, and one width', () => {
    const sizes = charts.flatMap(({ svg }) => [...svg.matchAll(/font-size="([\d.]+)"/g)].map(([, size]) => size));
    expect([...new Set(sizes)]).toEqual(['12']);
    const plots = charts.filter(({ name }) => !name.startsWith('infection'));
    expect([...new Set(plots.map(({ svg }) => sizeOf(svg)[0]))]).toEqual([640]);
  });
});
