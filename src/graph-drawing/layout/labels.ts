import {
  type Box,
  boundingBox,
  boxAround,
  boxesOverlap,
  centroid,
  circleTouchesBox,
  distance,
  type Point,
  segmentCrossesBox,
} from './geometry.ts';
import type { PlacedComponent } from './place-nodes.ts';
import { textWidth, truncateMiddle } from './text-width.ts';

/** Name of a node as drawn. Its baseline starts, is centred or ends at `x` and `y`, as `anchor` says. */
export interface NodeLabel {
  text: string;
  x: number;
  y: number;
  size: number;
  anchor: 'start' | 'middle' | 'end';
  /** Degrees, clockwise about the point. */
  angle: number;
  isInside: boolean;
  box: Box;
  /** Number of edges that cross the label. */
  crossings: number;
}

/** Distance of the baseline below the middle of small letters, as a share of the font size; close enough in any font. */
const BASELINE_OFFSET = 0.355;
const NODE_GAP_PX = 4;

/** Places the labels of a component's nodes; undefined for a node whose label finds no room. */
export function placeLabels(placed: PlacedComponent, names: readonly string[]): (NodeLabel | undefined)[] {
  const { points, radii, fontSize, shape } = placed;
  switch (placed.labelPlacement) {
    case 'none':
      return names.map(() => undefined);
    case 'inside':
      return names.map((name, node) => labelInside(name, points[node]!, fontSize));
    case 'outward':
      return names.map((name, node) =>
        'hub' in shape && shape.hub === node
          ? labelInHub(name, points[node]!, radii[node]!, fontSize)
          : labelOutward(name, points[node]!, radii[node]!, fontSize),
      );
    case 'hanging':
      return placeTreeLabels(placed, names);
    case 'beside':
      return placeLabelsBeside(placed, names);
  }
}

function createLabel(label: Pick<NodeLabel, 'text' | 'x' | 'y' | 'size' | 'box'> & Partial<NodeLabel>): NodeLabel {
  return { anchor: 'start', angle: 0, isInside: false, crossings: 0, ...label };
}

function labelInside(name: string, { x, y }: Point, size: number): NodeLabel {
  const text = truncateMiddle(name);
  const half = textWidth(text, size) / 2;
  const box = { left: x - half, right: x + half, top: y - size / 2, bottom: y + size / 2 };
  return createLabel({ text, x, y: y + size * BASELINE_OFFSET, size, box, anchor: 'middle', isInside: true });
}

function labelInHub(name: string, at: Point, radius: number, size: number): NodeLabel | undefined {
  return textWidth(truncateMiddle(name), size) <= 2 * radius - 4 ? labelInside(name, at, size) : undefined;
}

/** Places a label along the ray from the centre of the circle of nodes, which is the origin, and never upside down. */
function labelOutward(name: string, { x, y }: Point, radius: number, size: number): NodeLabel {
  const text = truncateMiddle(name);
  const length = distance({ x, y }, { x: 0, y: 0 }) || 1;
  const [cos, sin] = [x / length, y / length];
  const isLeft = x < -1e-6;
  const start = radius + NODE_GAP_PX;
  const end = start + textWidth(text, size);
  const pointAt = (along: number, aside: number) => ({
    x: x + cos * along - sin * aside,
    y: y + sin * along + cos * aside,
  });
  const corners = [start, end].flatMap((along) => [pointAt(along, -size / 2), pointAt(along, size / 2)]);
  // Text that runs inwards has its baseline on the other side of the ray.
  const baseline = pointAt(start, (isLeft ? -1 : 1) * size * BASELINE_OFFSET);
  const degrees = (Math.atan2(sin, cos) * 180) / Math.PI;
  return createLabel({
    text,
    ...baseline,
    size,
    anchor: isLeft ? 'end' : 'start',
    angle: isLeft ? degrees + 180 : degrees,
    box: boundingBox(corners.map((corner) => boxAround(corner, 0))),
  });
}

/** Sides of a node to try, best first: below, right, left, above, the corners, and starting or ending below or above. */
const LABEL_SIDES: readonly Point[] = [
  { x: 0, y: 1 },
  { x: 1, y: 0 },
  { x: -1, y: 0 },
  { x: 0, y: -1 },
  { x: 0.75, y: 0.75 },
  { x: -0.75, y: 0.75 },
  { x: 0.75, y: -0.75 },
  { x: -0.75, y: -0.75 },
  { x: 0.1, y: 1 },
  { x: -0.1, y: 1 },
  { x: 0.1, y: -1 },
  { x: -0.1, y: -1 },
];

/** Places each label where it covers no node, no other label and as few edges as possible. */
function placeLabelsBeside(
  { points, radii, component, fontSize, shape }: PlacedComponent,
  names: readonly string[],
): (NodeLabel | undefined)[] {
  const centre = centroid(points);
  const isRound = 'order' in shape && shape.kind !== 'line';
  const isRegular = shape.kind === 'grid' || shape.kind === 'torus' || shape.kind === 'line';
  /** Cost of placing a label towards the centre rather than away from it. */
  const inwardCost = isRound ? 3 : isRegular ? 0 : 0.3;
  const taken: Box[] = [];
  return names.map((name, node) => {
    const at = points[node]!;
    const outward = { x: at.x - centre.x, y: at.y - centre.y };
    const length = Math.sqrt(outward.x ** 2 + outward.y ** 2) || 1;
    let best: { label: NodeLabel; cost: number } | undefined;
    for (const [rank, side] of LABEL_SIDES.entries()) {
      const label = labelBeside(name, at, radii[node]!, fontSize, side);
      if (taken.some((box) => boxesOverlap(box, label.box)) || coversNode(label.box, node, points, radii, 2)) continue;
      const crossings = component.edges.filter(([a, b]) => segmentCrossesBox(label.box, points[a]!, points[b]!)).length;
      const turn = 1 - (side.x * outward.x + side.y * outward.y) / length / Math.sqrt(side.x ** 2 + side.y ** 2);
      const cost = crossings * 3 + turn * inwardCost + rank * 0.12;
      if (!best || cost < best.cost) best = { label: { ...label, crossings }, cost };
    }
    if (best) {
      const { left, right, top, bottom } = best.label.box;
      taken.push({ left: left - 3, right: right + 3, top, bottom });
    }
    return best?.label;
  });
}

function coversNode(box: Box, except: number, points: readonly Point[], radii: readonly number[], margin: number) {
  return points.some((point, node) => node !== except && circleTouchesBox(box, point, radii[node]! + margin));
}

function labelBeside(name: string, at: Point, radius: number, size: number, side: Point): NodeLabel {
  const text = truncateMiddle(name);
  const width = textWidth(text, size);
  const height = size * 1.1;
  const reach = radius + NODE_GAP_PX;
  const x = at.x + side.x * reach;
  const y = at.y + side.y * (reach + height / 2);
  const anchor = side.x > 0 ? 'start' : side.x < 0 ? 'end' : 'middle';
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
  const box = { left, right: left + width, top: y - height / 2, bottom: y + height / 2 };
  return createLabel({ text, x, y: y + size * BASELINE_OFFSET, size, box, anchor });
}

/** Places the labels of leaves below them, reading downwards, and those of other nodes to a side, if there is room. */
function placeTreeLabels(
  { points, radii, component, fontSize }: PlacedComponent,
  names: readonly string[],
): (NodeLabel | undefined)[] {
  const taken: Box[] = [];
  return names.map((name, node) => {
    const at = points[node]!;
    const isLeaf = component.neighbours[node]!.every((other) => points[other]!.y < at.y);
    const candidates = isLeaf
      ? [labelBelow(name, at, radii[node]!, fontSize)]
      : [1, -1].map((x) => labelBeside(name, at, radii[node]!, fontSize, { x, y: -0.45 }));
    const free = candidates.find(
      ({ box }) =>
        !taken.some((other) => boxesOverlap(other, box)) &&
        !coversNode(box, node, points, radii, 1) &&
        (isLeaf || !component.edges.some(([a, b]) => segmentCrossesBox(box, points[a]!, points[b]!))),
    );
    if (free) taken.push(free.box);
    return free;
  });
}

function labelBelow(name: string, at: Point, radius: number, size: number): NodeLabel {
  const text = truncateMiddle(name);
  const top = at.y + radius + NODE_GAP_PX;
  const box = { left: at.x - size * 0.5, right: at.x + size * 0.5, top, bottom: top + textWidth(text, size) };
  return createLabel({ text, x: at.x - size * BASELINE_OFFSET, y: top, size, box, angle: 90 });
}

/** Places the label of a foreign node to its right. */
export function labelForeignNode(name: string, at: Point, radius: number, size: number): NodeLabel {
  const text = truncateMiddle(name);
  const left = at.x + radius + 6;
  const box = { left, right: left + textWidth(text, size), top: at.y - size / 2, bottom: at.y + size / 2 };
  return createLabel({ text, x: left, y: at.y + size * BASELINE_OFFSET, size, box });
}
