import { type Background, svgCircle, svgLine, svgText } from '../../graph-drawing/formats/svg-elements.ts';
import { textWidth } from '../../graph-drawing/layout/text-width.ts';
import { drawWhisker } from './chart.ts';
import { seriesColour } from './colours.ts';
import { plotDocument } from './plot-document.ts';
import { linearScale } from './scale.ts';

/** A plot of one value with its interval for each of several unordered things, one row each. */
export interface DotPlot {
  title: string;
  /** Title of the axis, with the unit. */
  x: string;
  rows: { name: string; value: number | null; low: number | null; high: number | null }[];
  /** A line of small print. */
  note?: string;
}

const WIDTH_PX = 620;
const ROW_HEIGHT_PX = 28;
const TOP_PX = 44;
const RIGHT_PX = WIDTH_PX - 64;

/** Draws a dot plot as an SVG document, with the rows in their order. */
export function drawDotPlot({ title, x, rows, note }: DotPlot, background: Background): string {
  const left = 24 + Math.max(...rows.map(({ name }) => textWidth(name, 12)));
  const bottom = TOP_PX + rows.length * ROW_HEIGHT_PX + 4;
  const height = bottom + 52 + (note === undefined ? 0 : 18);
  const scale = linearScale(rows.flatMap(({ value, low, high }) => [value, low, high].filter((one) => one !== null)));
  const toX = (value: number) => left + scale.position(value) * (RIGHT_PX - left);
  const grid = scale.ticks.flatMap(({ at, label }) => {
    const tickX = left + at * (RIGHT_PX - left);
    return [
      svgLine(tickX, TOP_PX, tickX, bottom, 'class="rule"'),
      svgText(tickX, bottom + 18, label, { anchor: 'middle' }),
    ];
  });
  const drawn = rows.flatMap(({ name, value, low, high }, index) => {
    const y = TOP_PX + (index + 0.5) * ROW_HEIGHT_PX;
    const colour = seriesColour(index, rows.length, false);
    const label = svgText(left - 12, y + 4, name, { anchor: 'end', className: 'ink' });
    if (value === null) return [label, svgText(left + 8, y + 4, 'never')];
    const hasInterval = low !== null && high !== null && low !== high;
    const whisker = hasInterval
      ? drawWhisker([toX(low), y], [toX(high), y], `stroke="${colour}" stroke-width="2"`)
      : [];
    const end = Math.max(toX(high ?? value), toX(value));
    return [
      label,
      ...whisker,
      svgCircle(toX(value), y, 5.2, `class="rim" fill="${colour}" stroke-width="1.4"`),
      svgText(end + 10, y + 4, String(Number(value.toPrecision(3))), { size: 11 }),
    ];
  });
  const description = `${x}: ${rows.map(({ name, value }) => `${name} ${value ?? 'never'}`).join(', ')}`;
  return plotDocument({ width: WIDTH_PX, height }, { title, description, titleX: 16 }, background, [
    ...grid,
    svgLine(left, TOP_PX, left, bottom, 'class="axis"'),
    ...drawn,
    svgText((left + RIGHT_PX) / 2, bottom + 40, x, { anchor: 'middle', className: 'ink' }),
    ...(note === undefined ? [] : [svgText(16, height - 10, note, { size: 11 })]),
  ]);
}
