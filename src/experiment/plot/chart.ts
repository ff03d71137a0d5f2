import { curveLinear, curveStepAfter, line } from 'd3-shape';
import {
  type Background,
  formatNumber,
  svgCircle,
  svgLine,
  svgText,
} from '../../graph-drawing/formats/svg-elements.ts';
import { textWidth } from '../../graph-drawing/layout/text-width.ts';
import { FAULT_COLOUR, seriesColour } from './colours.ts';
import { plotDocument } from './plot-document.ts';
import { chooseScale, linearScale, percentileScale, type Scale } from './scale.ts';

/** A plot of y against x. */
export interface Chart {
  title: string;
  /** Titles of the axes, with units. */
  x: string;
  y: string;
  /** The y axis reaches this value at least. It starts at 0 unless there is something below. */
  top?: number;
  series: Series[];
  /** The series are steps of one quantity, and are coloured in that order. */
  ordered: boolean;
  /** Scale of x. @default linear or logarithmic, by the values */
  scale?: 'linear' | 'percentile';
  /** @default true */
  legend?: boolean;
  /** Shaded ranges of x. */
  bands?: Band[];
  /** A line of small print. */
  note?: string;
}

export interface Band {
  from: number;
  /** Null: to the end of the axis. */
  to: number | null;
  name: string;
}

export interface Series {
  name: string;
  /** `line` joins the points; `curve` goes in steps, each point holding until the next; `points` are marks with their own names. */
  mark: 'line' | 'curve' | 'points';
  points: ChartPoint[];
}

export interface ChartPoint {
  x: number;
  /** Infinite: never. It is not drawn, and interrupts a line. */
  y: number;
  /** Ends of the interval of y; null where it is unknown. */
  low?: number | null;
  high?: number | null;
  name?: string;
}

const WIDTH_PX = 620;
const HEIGHT_PX = 340;
const MARGINS_PX = { left: 62, right: 20, top: 44, bottom: 52 };
const BOX_PX = {
  left: MARGINS_PX.left,
  right: WIDTH_PX - MARGINS_PX.right,
  top: MARGINS_PX.top,
  bottom: HEIGHT_PX - MARGINS_PX.bottom,
};
const NOTE_HEIGHT_PX = 18;
/** Gap between the plot and its legend, width of a sample, height of a row. */
const LEGEND_PX = { gap: 18, sample: 24, row: 19 };

/** Draws a chart as an SVG document. @throws RangeError when there is nothing to draw */
export function drawChart(chart: Chart, background: Background): string {
  const shown = chart.series.filter(({ points }) => points.some(isKnown));
  const points = shown.flatMap((series) => series.points.filter(isKnown));
  if (points.length === 0) throw new RangeError(`"${chart.title}" has nothing to draw`);
  const hasLegend = shown.length > 1 && chart.legend !== false;
  const legendWidth = hasLegend
    ? LEGEND_PX.gap + LEGEND_PX.sample + Math.max(...shown.map(({ name }) => textWidth(name, 12))) + 8
    : 0;
  const x = chooseXScale(chart, points, shown);
  const y = linearScale([...points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]), chart.top ?? 0], {
    maxTicks: 5,
  });
  const place: Placement = {
    x: (value) => BOX_PX.left + x.position(value) * (BOX_PX.right - BOX_PX.left),
    y: (value) => BOX_PX.bottom - y.position(value) * (BOX_PX.bottom - BOX_PX.top),
  };
  const colours = shown.map((_, index) => seriesColour(index, shown.length, chart.ordered));
  const legendHeight = hasLegend ? MARGINS_PX.top + shown.length * LEGEND_PX.row + 20 : 0;
  const width = Math.ceil(WIDTH_PX + legendWidth);
  const height = Math.max(HEIGHT_PX, legendHeight) + (chart.note === undefined ? 0 : NOTE_HEIGHT_PX);
  const description = `${chart.y} against ${chart.x}: ${shown.map(({ name }) => name).join(', ')}`;
  const titleX = BOX_PX.left - 46;
  return plotDocument({ width, height }, { title: chart.title, description, titleX }, background, [
    ...drawBands(chart.bands ?? [], place),
    ...drawAxes(x, y, chart),
    ...shown.flatMap((series, index) => drawSeries(series, colours[index]!, place)),
    ...drawPointLabels(points, place, BOX_PX.right + legendWidth),
    ...(hasLegend ? drawLegend(shown, colours) : []),
    ...(chart.note === undefined ? [] : [svgText(titleX, height - 10, chart.note, { size: 11 })]),
  ]);
}

const isKnown = ({ y }: ChartPoint): boolean => Number.isFinite(y);

/** Maps values to coordinates. */
interface Placement {
  x(value: number): number;
  y(value: number): number;
}

function chooseXScale({ scale }: Chart, points: readonly ChartPoint[], series: readonly Series[]): Scale {
  const values = points.map(({ x }) => x);
  if (scale === 'percentile') return percentileScale(values);
  if (scale === undefined && series.every(({ mark }) => mark === 'line')) return chooseScale(values);
  // Of named points, the distances between them matter, not those from zero.
  return linearScale(values, series.some(({ mark }) => mark === 'curve') ? { tight: true } : { includeZero: false });
}

/** Draws bands behind everything else, each with its name above it where there is room. */
function drawBands(bands: readonly Band[], place: Placement): string[] {
  const clamp = (x: number) => Math.min(BOX_PX.right, Math.max(BOX_PX.left, x));
  let labelledTo = BOX_PX.left;
  return bands.flatMap(({ from, to, name }) => {
    const start = clamp(place.x(from));
    const width = Math.max(1.5, (to === null ? BOX_PX.right : clamp(place.x(to))) - start);
    const shade = `<rect x="${formatNumber(start)}" y="${BOX_PX.top}" width="${formatNumber(width)}" height="${BOX_PX.bottom - BOX_PX.top}" fill="${FAULT_COLOUR}" fill-opacity="0.13"/>`;
    const end = start + 4 + textWidth(name, 11);
    if (start + 4 < labelledTo || end > BOX_PX.right) return [shade];
    labelledTo = end + 4;
    return [shade, svgText(start + 4, BOX_PX.top - 5, name, { size: 11 })];
  });
}

function drawAxes(x: Scale, y: Scale, titles: Pick<Chart, 'x' | 'y'>): string[] {
  const { left, right, top, bottom } = BOX_PX;
  const horizontal = y.ticks.flatMap(({ at, label }) => {
    const level = bottom - at * (bottom - top);
    return [svgLine(left, level, right, level, 'class="rule"'), svgText(left - 8, level + 4, label, { anchor: 'end' })];
  });
  const vertical = x.ticks.flatMap(({ at, label, minor }) => {
    const tickX = left + at * (right - left);
    const mark = svgLine(tickX, bottom, tickX, bottom + (minor ? 3 : 5), 'class="axis"');
    return label === '' ? [mark] : [mark, svgText(tickX, bottom + 18, label, { anchor: 'middle' })];
  });
  // Zero has no place on a logarithmic axis: the axis is broken between zero and the rest.
  const isBroken = x.ticks[0]?.label === '0' && x.ticks.some(({ minor }) => minor);
  const gap = left + 0.06 * (right - left);
  const base = isBroken
    ? [
        [left, bottom, gap - 3, bottom],
        [gap + 3, bottom, right, bottom],
        [gap - 5, bottom + 4, gap - 1, bottom - 4],
        [gap + 1, bottom + 4, gap + 5, bottom - 4],
      ]
    : [[left, bottom, right, bottom]];
  return [
    ...horizontal,
    ...base.map(([x1, y1, x2, y2]) => svgLine(x1!, y1!, x2!, y2!, 'class="axis"')),
    ...vertical,
    svgText((left + right) / 2, bottom + 40, titles.x, { anchor: 'middle', className: 'ink' }),
    svgText(left - 44, (top + bottom) / 2, titles.y, { anchor: 'middle', className: 'ink', angle: -90 }),
  ];
}

function drawSeries({ mark, points }: Series, colour: string, place: Placement): string[] {
  const path = line<ChartPoint>(
    (point) => place.x(point.x),
    (point) => place.y(point.y),
  )
    .defined(isKnown)
    .curve(mark === 'curve' ? curveStepAfter : curveLinear)
    .digits(1)(points);
  const joined = `<path class="line" d="${path}" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`;
  if (mark === 'curve') return [joined];
  const known = points.filter(isKnown);
  return [
    ...(mark === 'line' ? [joined] : []),
    ...known.flatMap(({ x, low, high }) => {
      if (low == null || high == null || low === high) return [];
      const [middle, bottom, top] = [place.x(x), place.y(low), place.y(high)];
      return drawWhisker([middle, bottom], [middle, top], `stroke="${colour}" stroke-width="1.4"`);
    }),
    ...known.map(({ x, y }) =>
      svgCircle(place.x(x), place.y(y), 4.2, `class="rim" fill="${colour}" stroke-width="1.2"`),
    ),
  ];
}

type Coordinates = readonly [x: number, y: number];

/** Draws an interval: a line with a bar across each end. */
export function drawWhisker([x1, y1]: Coordinates, [x2, y2]: Coordinates, attributes: string): string[] {
  const [dx, dy] = x1 === x2 ? [4, 0] : [0, 4];
  return [
    svgLine(x1, y1, x2, y2, attributes),
    svgLine(x1 - dx, y1 - dy, x1 + dx, y1 + dy, attributes),
    svgLine(x2 - dx, y2 - dy, x2 + dx, y2 + dy, attributes),
  ];
}

interface Rect {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Places names beside their points, inside the picture and not over one another; a name without a free place is left out. */
function drawPointLabels(points: readonly ChartPoint[], place: Placement, right: number): string[] {
  const taken: Rect[] = points.map(({ x, y, low, high }) => ({
    left: place.x(x) - 5,
    right: place.x(x) + 5,
    top: place.y(high ?? y) - 5,
    bottom: place.y(low ?? y) + 5,
  }));
  return points.flatMap((point) => {
    if (point.name === undefined) return [];
    const [x, y] = [place.x(point.x), place.y(point.y)];
    const width = textWidth(point.name, 11);
    for (const [dx, baseline] of [
      [8, y + 4],
      [-8 - width, y + 4],
      [8, y - 9],
      [-8 - width, y - 9],
      [8, y + 17],
      [-8 - width, y + 17],
      [-width / 2, place.y(point.high ?? point.y) - 9],
      [-width / 2, place.y(point.low ?? point.y) + 17],
    ] as const) {
      const spot = { left: x + dx, right: x + dx + width, top: baseline - 9, bottom: baseline + 3 };
      const isFree = taken.every(
        (other) =>
          other.right < spot.left || spot.right < other.left || other.bottom < spot.top || spot.bottom < other.top,
      );
      if (spot.right > right || !isFree) continue;
      taken.push(spot);
      return [svgText(spot.left, baseline, point.name, { size: 11 })];
    }
    return [];
  });
}

function drawLegend(series: readonly Series[], colours: readonly string[]): string[] {
  const left = BOX_PX.right + LEGEND_PX.gap;
  return series.flatMap(({ name, mark }, index) => {
    const y = BOX_PX.top + 6 + index * LEGEND_PX.row;
    const colour = colours[index]!;
    return [
      ...(mark === 'points' ? [] : [svgLine(left, y, left + 18, y, `stroke="${colour}" stroke-width="2"`)]),
      ...(mark === 'curve' ? [] : [svgCircle(left + 9, y, 4, `fill="${colour}"`)]),
      svgText(left + LEGEND_PX.sample, y + 4, name),
    ];
  });
}
