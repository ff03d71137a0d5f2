import { curveLinear, curveStepAfter, line } from 'd3-shape';
import { type Background, formatNumber, svgLine, svgText } from '../../graph-drawing/formats/svg-elements.ts';
import { textWidth } from '../../graph-drawing/layout/text-width.ts';
import { LABEL_GAP_PX, labelsWithRoom, valueScale } from './axis.ts';
import { FAULT_COLOUR, type SeriesStyle } from './colours.ts';
import { drawLegend, lineAttributes } from './legend.ts';
import { drawMarker, drawWhisker } from './marker.ts';
import { FONT_SIZE_PX, LINE_HEIGHT_PX, PADDING_PX, PLOT_WIDTH_PX, plotDocument } from './plot-document.ts';
import { chooseScale, linearScale, percentileScale, rankScale, type Scale, type Tick } from './scale.ts';

/** A plot of y against x. */
export interface Chart {
  title: string;
  /** Titles of the axes, with units. */
  x: string;
  y: string;
  /** The y axis goes from 0 to this value. @default chosen by the values */
  top?: number;
  series: Series[];
  /**
   * Scale of x: `linear` from the smallest value to a round number, `tight` to the largest one, `ranks` from 1 to the largest,
   * `percentile`. @default linear or logarithmic, by the values
   */
  scale?: 'linear' | 'tight' | 'ranks' | 'percentile';
  /** @default true, if there are several series */
  legend?: boolean;
  /** Shaded ranges of x. */
  bands?: Band[];
  /** Values that are marked by a dashed line across the plot. */
  guides?: { x?: number; y?: number };
  /** A line of small print. */
  note?: string | undefined;
}

export interface Band {
  from: number;
  /** Null: to the end of the axis. */
  to: number | null;
  name: string;
}

export interface Series {
  name: string;
  /** `line` joins the points; `curve` goes in steps, each point holding until the next; `points` are marks alone. */
  mark: 'line' | 'curve' | 'points';
  style: SeriesStyle;
  points: ChartPoint[];
}

export interface ChartPoint {
  x: number;
  /** Infinite: never. It has a place of its own above the others, and interrupts a line. */
  y: number;
  /** Ends of the interval of y; null where it is unknown. */
  low?: number | null;
  high?: number | null;
  /** @default that of the series */
  style?: SeriesStyle;
}

const BOX_HEIGHT_PX = 230;
const MARKER_RADIUS_PX = 4.2;
/** Room for values that never came, above the others. */
const NEVER_HEIGHT_PX = 30;

/** Distance of the first and last points from the ends of the axis. */
const INSET_PX = 16;
/** Distance and largest spread of intervals of different series at the same x, which would hide each other. */
const OFFSET_PX = { step: 6, spread: 24 };

/** Maps values to coordinates. */
interface Placement {
  x(value: number): number;
  y(value: number): number;
  box: Box;
  /** Range of x that values are mapped to. */
  inside: { left: number; width: number };
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Draws a chart as an SVG document. @throws RangeError when there is nothing to draw */
export function drawChart(chart: Chart, background: Background): string {
  const shown = chart.series.filter(({ points }) => points.length > 0);
  const points = shown.flatMap((series) => series.points);
  if (points.length === 0) throw new RangeError(`"${chart.title}" has nothing to draw`);
  const { bands = [], guides = {}, title, note } = chart;
  const x = chooseXScale(chart, points, shown);
  const y = chooseYScale(chart, points);
  const description = `${chart.y} against ${chart.x}: ${shown.map(({ name }) => name).join(', ')}`;
  return plotDocument({ title, note, description }, background, (top) => {
    const box = placeBox(top + LINE_HEIGHT_PX * (bands.length > 0 ? 2 : 1) + 10, x, y);
    const inset = shown.some(({ mark }) => mark !== 'curve') ? INSET_PX : 0;
    const inside = { left: box.left + inset, width: box.right - box.left - 2 * inset };
    const place: Placement = {
      box,
      inside,
      x: (value) => inside.left + x.position(value) * inside.width,
      y: (value) => box.bottom - y.position(value) * BOX_HEIGHT_PX,
    };
    const legendTop = box.bottom + 2 * LINE_HEIGHT_PX + 12;
    const hasLegend = shown.length > 1 && chart.legend !== false;
    const legend = hasLegend ? drawLegend(shown, legendTop) : { bottom: legendTop, content: [] };
    const cut = y.startsAt === undefined ? '' : ` (axis starts at ${y.startsAt})`;
    return {
      bottom: legend.bottom + 4,
      content: [
        svgText(PADDING_PX, top + 12, `${chart.y}${cut}`, { className: 'ink' }),
        ...drawBands(bands, place),
        ...drawAxes(x, y, place),
        ...drawGuides(guides, place),
        ...shown.flatMap((series, index) => drawSeries(series, place, offsetOf(index, shown.length))),
        svgText((box.left + box.right) / 2, box.bottom + 38, chart.x, { anchor: 'middle', className: 'ink' }),
        ...legend.content,
      ],
    };
  });
}

function chooseXScale({ scale, guides }: Chart, points: readonly ChartPoint[], series: readonly Series[]): Scale {
  const values = [...points.map(({ x }) => x), ...(guides?.x === undefined ? [] : [guides.x])];
  if (scale === 'percentile') return percentileScale(values);
  if (scale === 'ranks') return rankScale(Math.floor(Math.max(...values)));
  if (scale === 'tight') return linearScale(values, { start: 'zero', tight: true });
  if (scale === undefined && series.every(({ mark }) => mark === 'line')) return chooseScale(values);
  return linearScale(values, { start: 'first' });
}

function chooseYScale({ top, guides }: Chart, points: readonly ChartPoint[]): Scale {
  const values = points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]);
  const wanted = [...(guides?.y === undefined ? [] : [guides.y]), ...(top === undefined ? [] : [0, top])];
  return valueScale([...values, ...wanted], 1 - NEVER_HEIGHT_PX / BOX_HEIGHT_PX, { maxTicks: 5 });
}

/** Leaves room for the labels of the axes. */
function placeBox(top: number, x: Scale, y: Scale): Box {
  const widest = Math.max(...y.ticks.map(({ label }) => textWidth(label, FONT_SIZE_PX)));
  const [first, last] = [x.ticks[0]?.label ?? '', x.ticks.at(-1)?.label ?? ''];
  const half = (label: string) => textWidth(label, FONT_SIZE_PX) / 2;
  return {
    left: Math.ceil(Math.max(PADDING_PX + widest + LABEL_GAP_PX, half(first) + 4)),
    right: Math.floor(PLOT_WIDTH_PX - Math.max(PADDING_PX, half(last) + 4)),
    top,
    bottom: top + BOX_HEIGHT_PX,
  };
}

/** Draws bands behind everything else, each with its name above it where there is room. */
function drawBands(bands: readonly Band[], { x, box }: Placement): string[] {
  const clamp = (value: number) => Math.min(box.right, Math.max(box.left, value));
  let labelledTo = box.left;
  return bands.flatMap(({ from, to, name }) => {
    const start = clamp(x(from));
    const width = Math.max(1.5, (to === null ? box.right : clamp(x(to))) - start);
    const shade = `<rect x="${formatNumber(start)}" y="${box.top}" width="${formatNumber(width)}" height="${BOX_HEIGHT_PX}" fill="${FAULT_COLOUR}" fill-opacity="0.13"/>`;
    const end = start + textWidth(name, FONT_SIZE_PX);
    if (start < labelledTo || end > box.right) return [shade];
    labelledTo = end + LABEL_GAP_PX;
    return [shade, svgText(start, box.top - 6, name)];
  });
}

function drawAxes(x: Scale, y: Scale, { box, inside }: Placement): string[] {
  const { left, right, bottom } = box;
  const horizontal = y.ticks.flatMap(({ at, label }) => {
    const level = bottom - at * BOX_HEIGHT_PX;
    return [
      svgLine(left, level, right, level, 'class="rule"'),
      svgText(left - LABEL_GAP_PX, level + 4, label, { anchor: 'end' }),
    ];
  });
  const tickX = ({ at }: Tick) => inside.left + at * inside.width;
  const vertical = x.ticks.map((tick) =>
    svgLine(tickX(tick), bottom, tickX(tick), bottom + (tick.minor ? 3 : 5), 'class="axis"'),
  );
  const labels = labelsWithRoom(x.ticks, inside.width).map((tick) =>
    svgText(tickX(tick), bottom + 19, tick.label, { anchor: 'middle' }),
  );
  // Zero has no place on a logarithmic axis: the axis is broken between zero and the rest.
  const isBroken = x.ticks[0]?.label === '0' && x.ticks.some(({ minor }) => minor);
  const gap = inside.left + 0.06 * inside.width;
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
    ...labels,
  ];
}

function drawGuides({ x, y }: NonNullable<Chart['guides']>, place: Placement): string[] {
  const { left, right, top, bottom } = place.box;
  const attributes = 'class="axis" stroke-width="1.3" stroke-dasharray="5 4"';
  return [
    ...(x === undefined ? [] : [svgLine(place.x(x), top, place.x(x), bottom, attributes)]),
    ...(y === undefined ? [] : [svgLine(left, place.y(y), right, place.y(y), attributes)]),
  ];
}

/** Returns how far points of one of several series are moved aside. */
function offsetOf(index: number, count: number): number {
  const step = Math.min(OFFSET_PX.step, OFFSET_PX.spread / count);
  return (index - (count - 1) / 2) * step;
}

/** @param offset applies to series of intervals, and to values that never came, which are all at the same height */
function drawSeries({ mark, points, style }: Series, place: Placement, offset: number): string[] {
  const hasIntervals = mark === 'line' && points.some(({ low, high }) => low != null && low !== high);
  const toX = ({ x, y }: ChartPoint) => place.x(x) + (hasIntervals || !Number.isFinite(y) ? offset : 0);
  const path = line<ChartPoint>(toX, (point) => place.y(point.y))
    .defined(({ y }) => Number.isFinite(y))
    .curve(mark === 'curve' ? curveStepAfter : curveLinear)
    .digits(1)(points);
  const joined = path ? [`<path class="line" d="${path}" ${lineAttributes(style)}/>`] : [];
  if (mark === 'curve') return joined;
  return [
    ...(mark === 'line' ? joined : []),
    ...points.flatMap((point) => {
      const { low, high, style: own = style } = point;
      if (low == null || high == null || low === high) return [];
      return drawWhisker([toX(point), place.y(low)], [toX(point), place.y(high)], own.colour);
    }),
    ...points.map((point) => {
      const { y, style: own = style } = point;
      return drawMarker(toX(point), place.y(y), MARKER_RADIUS_PX, own, !Number.isFinite(y));
    }),
  ];
}
