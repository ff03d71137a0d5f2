import { widthOf } from '../../picture/text.ts';
import { colourOf } from './colours.ts';
import { linearScale } from './scale.ts';
import { document, type Ground, line, number, text } from './svg.ts';

/** A figure of things that have no order: one row each, with its interval. */
export interface Dots {
  title: string;
  /** What is measured, with its unit. */
  x: string;
  rows: { name: string; value: number | null; low: number | null; high: number | null }[];
  note?: string;
}

const WIDTH = 620;
const ROW = 28;

/** Rows as an SVG document, in their own order. */
export function drawDots({ title, x, rows, note }: Dots, ground: Ground): string {
  const left = 24 + Math.max(...rows.map(({ name }) => widthOf(name, 12)));
  const [right, top] = [WIDTH - 64, 44];
  const bottom = top + rows.length * ROW + 4;
  const known = rows.flatMap(({ value, low, high }) => [value, low, high].filter((one) => one !== null));
  const scale = linearScale(known);
  const toX = (value: number) => left + scale.place(value) * (right - left);
  const height = bottom + 52 + (note === undefined ? 0 : 18);
  const grid = scale.ticks.flatMap(({ at, label }) => {
    const place = left + at * (right - left);
    return [line(place, top, place, bottom, 'class="rule"'), text(place, bottom + 18, label, { anchor: 'middle' })];
  });
  const drawn = rows.flatMap(({ name, value, low, high }, index) => {
    const y = top + (index + 0.5) * ROW;
    const colour = colourOf(index, rows.length, false);
    const called = text(left - 12, y + 4, name, { anchor: 'end', look: 'ink' });
    if (value === null) return [called, text(left + 8, y + 4, 'never')];
    const strong = `stroke="${colour}" stroke-width="2"`;
    const whisker =
      low === null || high === null || low === high
        ? []
        : [
            line(toX(low), y, toX(high), y, strong),
            line(toX(low), y - 4, toX(low), y + 4, strong),
            line(toX(high), y - 4, toX(high), y + 4, strong),
          ];
    return [
      called,
      ...whisker,
      `<circle class="rim" cx="${number(toX(value))}" cy="${number(y)}" r="5.2" fill="${colour}" stroke-width="1.4"/>`,
      text(Math.max(toX(high ?? value), toX(value)) + 10, y + 4, format(value), { size: 11 }),
    ];
  });
  return document(
    {
      width: WIDTH,
      height,
      title,
      about: `${x}: ${rows.map(({ name, value }) => `${name} ${value ?? 'never'}`).join(', ')}`,
    },
    ground,
    [
      text(16, 22, title, { look: 'ink', size: 15, bold: true }),
      ...grid,
      line(left, top, left, bottom, 'class="axis"'),
      ...drawn,
      text((left + right) / 2, bottom + 40, x, { anchor: 'middle', look: 'ink' }),
      ...(note === undefined ? [] : [text(16, height - 10, note, { size: 11 })]),
    ],
  );
}

const format = (value: number): string => String(Number(value.toPrecision(3)));
