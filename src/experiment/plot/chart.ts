import { textWidth } from '../../graph-drawing/layout/text-width.ts';
import { FAULT_COLOUR, seriesColour } from './colours.ts';
import { chooseScale, linearScale, percentileScale, type Scale } from './scale.ts';
import { formatCoordinate, svgDocument, svgLine, svgText, type Theme } from './svg.ts';

/** A plot of y against x. */
export interface Chart {
  title: string;
  /** With their units. */
  x: string;
  y: string;
  /** What the y axis reaches to at least; it starts at 0 unless there is something below. */
  top?: number;
  series: Series[];
  /** The series are steps of one quantity, and are coloured in that order. */
  ordered: boolean;
  /** Of x: never logarithmic, or of percentiles; by default as its values ask for. */
  scale?: 'linear' | 'percentile';
  /** False: the series have no names. */
  legend?: boolean;
  /** Stretches of x in which something was the case, shaded. */
  bands?: Band[];
  /** A line of small print, as what the intervals are. */
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
  /** `line`: points joined; `curve`: in steps, each point holding until the next; `points`: marks alone, each with its own name if it has one. */
  mark: 'line' | 'curve' | 'points';
  points: Point[];
}

export interface Point {
  x: number;
  y: number;
  /** Ends of the interval of y; null where it is not known. */
  low?: number | null;
  high?: number | null;
  name?: string;
  /** A line does not lead here from the point before: between them there is one without a value. */
  gap?: boolean;
}

const WIDTH = 620;
const HEIGHT = 340;
const MARGINS = { left: 62, right: 20, top: 44, bottom: 52 };
/** Between the plot and its legend, and what a sample of a line takes. */
const LEGEND = { gap: 18, sample: 24, row: 19 };

/** A chart as an SVG document. */
export function drawChart(chart: Chart, ground: Theme): string {
  const shown = chart.series.filter(({ points }) => points.length > 0);
  const points = shown.flatMap((series) => series.points);
  if (points.length === 0) throw new RangeError(`there is nothing to draw in "${chart.title}"`);
  const named = shown.length > 1 && chart.legend !== false;
  const wide = named ? LEGEND.gap + LEGEND.sample + Math.max(...shown.map(({ name }) => textWidth(name, 12))) + 8 : 0;
  const box = { left: MARGINS.left, right: WIDTH - MARGINS.right, top: MARGINS.top, bottom: HEIGHT - MARGINS.bottom };
  const along = points.map((one) => one.x);
  const x = chooseXScale(chart, along, shown);
  const ends = points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]);
  const y = linearScale([...ends, chart.top ?? 0], { most: 5 });
  const toX = (value: number) => box.left + x.position(value) * (box.right - box.left);
  const toY = (value: number) => box.bottom - y.position(value) * (box.bottom - box.top);
  const colours = shown.map((_, index) => seriesColour(index, shown.length, chart.ordered));
  const note = chart.note === undefined ? 0 : 18;
  const size = {
    width: Math.ceil(WIDTH + wide),
    height: Math.max(HEIGHT, named ? MARGINS.top + shown.length * LEGEND.row + 20 : 0) + note,
  };
  return svgDocument(
    {
      ...size,
      title: chart.title,
      about: `${chart.y} against ${chart.x}: ${shown.map(({ name }) => name).join(', ')}`,
    },
    ground,
    [
      svgText(box.left - 46, 22, chart.title, { look: 'ink', size: 15, bold: true }),
      ...drawBands(chart.bands ?? [], box, toX),
      ...drawAxes(box, x, y, chart),
      ...shown.flatMap((series, index) => drawSeries(series, colours[index]!, toX, toY)),
      ...drawPointLabels(shown, toX, toY, box.right + wide),
      ...(named ? drawLegend(shown, colours, box.right + LEGEND.gap, box.top + 6) : []),
      ...(chart.note === undefined ? [] : [svgText(box.left - 46, size.height - 10, chart.note, { size: 11 })]),
    ],
  );
}

function chooseXScale({ scale }: Chart, values: readonly number[], shown: readonly Series[]): Scale {
  if (scale === 'percentile') return percentileScale(values);
  if (scale === undefined && shown.every(({ mark }) => mark === 'line')) return chooseScale(values);
  // Where points have names, it matters how they lie to each other, not how far from zero.
  return linearScale(values, shown.some(({ mark }) => mark === 'curve') ? { tight: true } : { zero: false });
}

interface Rect {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Behind everything else, each with its name at its upper end where there is room for it. */
function drawBands(all: readonly Band[], { left, right, top, bottom }: Rect, toX: (value: number) => number): string[] {
  const inside = (x: number) => Math.min(right, Math.max(left, x));
  let taken = left;
  return all.flatMap(({ from, to, name }) => {
    const start = inside(toX(from));
    const width = Math.max(1.5, (to === null ? right : inside(toX(to))) - start);
    const shade = `<rect x="${formatCoordinate(start)}" y="${top}" width="${formatCoordinate(width)}" height="${bottom - top}" fill="${FAULT_COLOUR}" fill-opacity="0.13"/>`;
    const fits = start + 4 >= taken && start + 4 + textWidth(name, 11) <= right;
    if (!fits) return [shade];
    taken = start + 8 + textWidth(name, 11);
    return [shade, svgText(start + 4, top - 5, name, { size: 11 })];
  });
}

function drawAxes({ left, right, top, bottom }: Rect, x: Scale, y: Scale, chart: Chart): string[] {
  const across = y.ticks.flatMap(({ at, label }) => {
    const level = bottom - at * (bottom - top);
    return [svgLine(left, level, right, level, 'class="rule"'), svgText(left - 8, level + 4, label, { anchor: 'end' })];
  });
  const along = x.ticks.flatMap(({ at, label, minor }) => {
    const place = left + at * (right - left);
    const mark = svgLine(place, bottom, place, bottom + (minor ? 3 : 5), 'class="axis"');
    return label === '' ? [mark] : [mark, svgText(place, bottom + 18, label, { anchor: 'middle' })];
  });
  // Zero of a logarithmic axis stands apart: the axis is broken between it and the rest.
  const broken =
    x.ticks[1] !== undefined && x.ticks[0]?.at === 0 && x.ticks.some(({ minor }) => minor) && x.ticks[0].label === '0';
  const gap = left + 0.06 * (right - left);
  const base = broken
    ? [
        svgLine(left, bottom, gap - 3, bottom, 'class="axis"'),
        svgLine(gap + 3, bottom, right, bottom, 'class="axis"'),
        svgLine(gap - 5, bottom + 4, gap - 1, bottom - 4, 'class="axis"'),
        svgLine(gap + 1, bottom + 4, gap + 5, bottom - 4, 'class="axis"'),
      ]
    : [svgLine(left, bottom, right, bottom, 'class="axis"')];
  return [
    ...across,
    ...base,
    ...along,
    svgText((left + right) / 2, bottom + 40, chart.x, { anchor: 'middle', look: 'ink' }),
    svgText(left - 44, (top + bottom) / 2, chart.y, { anchor: 'middle', look: 'ink', turn: true }),
  ];
}

function drawSeries(
  { mark, points }: Series,
  colour: string,
  toX: (value: number) => number,
  toY: (value: number) => number,
): string[] {
  const way = points
    .map(({ x, y, gap }, index) => {
      if (index === 0 || gap) return `M${formatCoordinate(toX(x))} ${formatCoordinate(toY(y))}`;
      return mark === 'curve'
        ? `H${formatCoordinate(toX(x))}V${formatCoordinate(toY(y))}`
        : `L${formatCoordinate(toX(x))} ${formatCoordinate(toY(y))}`;
    })
    .join('');
  const joined =
    mark === 'points'
      ? []
      : [`<path class="line" d="${way}" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`];
  if (mark === 'curve') return joined;
  const whiskers = points.flatMap(({ x, low, high }) => {
    if (low === undefined || high === undefined || low === null || high === null || low === high) return [];
    const place = toX(x);
    const strong = `stroke="${colour}" stroke-width="1.4"`;
    return [
      svgLine(place, toY(low), place, toY(high), strong),
      svgLine(place - 4, toY(low), place + 4, toY(low), strong),
      svgLine(place - 4, toY(high), place + 4, toY(high), strong),
    ];
  });
  const marks = points.map(
    ({ x, y }) =>
      `<circle class="rim" cx="${formatCoordinate(toX(x))}" cy="${formatCoordinate(toY(y))}" r="4.2" fill="${colour}" stroke-width="1.2"/>`,
  );
  return [...joined, ...whiskers, ...marks];
}

/** Names beside points; on the other side where they would leave the picture, and not over one another. */
function drawPointLabels(
  series: readonly Series[],
  toX: (value: number) => number,
  toY: (value: number) => number,
  right: number,
): string[] {
  const taken: Rect[] = series
    .flatMap(({ points }) => points)
    .map(({ x, y, low, high }) => ({
      left: toX(x) - 5,
      right: toX(x) + 5,
      top: toY(high ?? y) - 5,
      bottom: toY(low ?? y) + 5,
    }));
  return series
    .flatMap(({ points }) => points)
    .flatMap((point) => {
      if (point.name === undefined) return [];
      const [x, y] = [toX(point.x), toY(point.y)];
      const width = textWidth(point.name, 11);
      for (const [dx, dy] of [
        [8, 4],
        [-8 - width, 4],
        [8, -9],
        [-8 - width, -9],
        [8, 17],
        [-8 - width, 17],
        [-width / 2, toY(point.high ?? point.y) - y - 9],
        [-width / 2, toY(point.low ?? point.y) - y + 17],
      ] as const) {
        const spot = { left: x + dx, right: x + dx + width, top: y + dy - 9, bottom: y + dy + 3 };
        const free = taken.every(
          (one) => one.right < spot.left || spot.right < one.left || one.bottom < spot.top || spot.bottom < one.top,
        );
        if (spot.right > right || !free) continue;
        taken.push(spot);
        return [svgText(spot.left, y + dy, point.name, { size: 11 })];
      }
      return [];
    });
}

function drawLegend(series: readonly Series[], colours: readonly string[], left: number, top: number): string[] {
  return series.flatMap(({ name, mark }, index) => {
    const y = top + index * LEGEND.row;
    const colour = colours[index]!;
    return [
      ...(mark === 'points' ? [] : [svgLine(left, y, left + 18, y, `stroke="${colour}" stroke-width="2"`)]),
      ...(mark === 'curve'
        ? []
        : [`<circle cx="${formatCoordinate(left + 9)}" cy="${formatCoordinate(y)}" r="4" fill="${colour}"/>`]),
      svgText(left + LEGEND.sample, y + 4, name),
    ];
  });
}
