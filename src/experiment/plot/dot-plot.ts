import { textWidth } from '../../graph-drawing/layout/text-width.ts';
import { seriesColour } from './colours.ts';
import { linearScale } from './scale.ts';
import { formatCoordinate, svgDocument, svgLine, svgText, type Theme } from './svg.ts';

/** A figure of things that have no order: one row each, with its interval. */
export interface DotPlot {
  title: string;
  /** What is measured, with its unit. */
  x: string;
  rows: { name: string; value: number | null; low: number | null; high: number | null }[];
  note?: string;
}

const WIDTH = 620;
const ROW_HEIGHT = 28;

/** Rows as an SVG document, in their own order. */
export function drawDotPlot({ title, x, rows, note }: DotPlot, ground: Theme): string {
  const left = 24 + Math.max(...rows.map(({ name }) => textWidth(name, 12)));
  const [right, top] = [WIDTH - 64, 44];
  const bottom = top + rows.length * ROW_HEIGHT + 4;
  const known = rows.flatMap(({ value, low, high }) => [value, low, high].filter((one) => one !== null));
  const scale = linearScale(known);
  const toX = (value: number) => left + scale.position(value) * (right - left);
  const height = bottom + 52 + (note === undefined ? 0 : 18);
  const grid = scale.ticks.flatMap(({ at, label }) => {
    const place = left + at * (right - left);
    return [
      svgLine(place, top, place, bottom, 'class="rule"'),
      svgText(place, bottom + 18, label, { anchor: 'middle' }),
    ];
  });
  const drawn = rows.flatMap(({ name, value, low, high }, index) => {
    const y = top + (index + 0.5) * ROW_HEIGHT;
    const colour = seriesColour(index, rows.length, false);
    const called = svgText(left - 12, y + 4, name, { anchor: 'end', look: 'ink' });
    if (value === null) return [called, svgText(left + 8, y + 4, 'never')];
    const strong = `stroke="${colour}" stroke-width="2"`;
    const whisker =
      low === null || high === null || low === high
        ? []
        : [
            svgLine(toX(low), y, toX(high), y, strong),
            svgLine(toX(low), y - 4, toX(low), y + 4, strong),
            svgLine(toX(high), y - 4, toX(high), y + 4, strong),
          ];
    return [
      called,
      ...whisker,
      `<circle class="rim" cx="${formatCoordinate(toX(value))}" cy="${formatCoordinate(y)}" r="5.2" fill="${colour}" stroke-width="1.4"/>`,
      svgText(Math.max(toX(high ?? value), toX(value)) + 10, y + 4, formatValue(value), { size: 11 }),
    ];
  });
  return svgDocument(
    {
      width: WIDTH,
      height,
      title,
      about: `${x}: ${rows.map(({ name, value }) => `${name} ${value ?? 'never'}`).join(', ')}`,
    },
    ground,
    [
      svgText(16, 22, title, { look: 'ink', size: 15, bold: true }),
      ...grid,
      svgLine(left, top, left, bottom, 'class="axis"'),
      ...drawn,
      svgText((left + right) / 2, bottom + 40, x, { anchor: 'middle', look: 'ink' }),
      ...(note === undefined ? [] : [svgText(16, height - 10, note, { size: 11 })]),
    ],
  );
}

const formatValue = (value: number): string => String(Number(value.toPrecision(3)));
