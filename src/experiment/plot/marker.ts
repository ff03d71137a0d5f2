import { formatNumber, svgCircle, svgLine } from '../../graph-drawing/formats/svg-elements.ts';
import type { SeriesStyle } from './colours.ts';

/** Corners of the markers that are no circles, in radii. */
const SHAPES: Record<number, readonly (readonly [x: number, y: number])[]> = {
  1: [
    [-0.9, -0.9],
    [0.9, -0.9],
    [0.9, 0.9],
    [-0.9, 0.9],
  ],
  2: [
    [0, -1.2],
    [1.1, 0.85],
    [-1.1, 0.85],
  ],
  3: [
    [0, -1.3],
    [1.1, 0],
    [0, 1.3],
    [-1.1, 0],
  ],
};

/** Draws a point: a circle, square, triangle or diamond. @param isHollow for a value that never came */
export function drawMarker(
  x: number,
  y: number,
  radius: number,
  { colour, pattern }: SeriesStyle,
  isHollow = false,
): string {
  const fill = isHollow
    ? `class="hole" stroke="${colour}" stroke-width="1.6"`
    : `class="rim" fill="${colour}" stroke-width="1.2"`;
  const corners = SHAPES[pattern];
  if (corners === undefined) return svgCircle(x, y, radius, fill);
  const path = corners.map(([dx, dy]) => `${formatNumber(x + dx * radius)} ${formatNumber(y + dy * radius)}`).join('L');
  return `<path d="M${path}Z" ${fill}/>`;
}

type Coordinates = readonly [x: number, y: number];

/** Draws an interval: a line with a bar across each end. */
export function drawWhisker([x1, y1]: Coordinates, [x2, y2]: Coordinates, colour: string): string[] {
  const [dx, dy] = x1 === x2 ? [4, 0] : [0, 4];
  const attributes = `stroke="${colour}" stroke-width="1.5"`;
  return [
    svgLine(x1, y1, x2, y2, attributes),
    svgLine(x1 - dx, y1 - dy, x1 + dx, y1 + dy, attributes),
    svgLine(x2 - dx, y2 - dy, x2 + dx, y2 + dy, attributes),
  ];
}
