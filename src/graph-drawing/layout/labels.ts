import { type Box, boxesOverlap, circleTouchesBox, type Point, segmentCrossesBox } from './geometry.ts';
import type { PlacedComponent } from './place-nodes.ts';
import { textWidth, truncateMiddle } from './text-width.ts';

/** A name as it is drawn: `x` and `y` are where its baseline begins, is halved or ends, as `anchor` says. */
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
  /** How many lines pass through it. */
  crossings: number;
}

/** The names of a part's nodes; undefined for those that found no room. */
export function placeLabels(placed: PlacedComponent, names: readonly string[]): (NodeLabel | undefined)[] {
  switch (placed.labelPlacement) {
    case 'none':
      return names.map(() => undefined);
    case 'inside':
      return names.map((name, node) => labelInside(name, placed.points[node]!, placed.fontSize));
    case 'outward':
      return names.map((name, node) =>
        'hub' in placed.structure && placed.structure.hub === node
          ? labelInHub(name, placed.points[node]!, placed.radii[node]!, placed.fontSize)
          : labelOutward(name, placed.points[node]!, placed.radii[node]!, placed.fontSize),
      );
    case 'hanging':
      return labelsOfTree(placed, names);
    case 'beside':
      return labelsBeside(placed, names);
  }
}

/** Small letters stand a third of the size above the baseline's middle, near enough in every font. */
const BASELINE_OFFSET = 0.355;

function labelInside(name: string, { x, y }: Point, size: number): NodeLabel {
  const text = truncateMiddle(name);
  const half = textWidth(text, size) / 2;
  const box = { left: x - half, right: x + half, top: y - size / 2, bottom: y + size / 2 };
  return {
    text,
    x,
    y: y + size * BASELINE_OFFSET,
    size,
    anchor: 'middle',
    angle: 0,
    isInside: true,
    box,
    crossings: 0,
  };
}

function labelInHub(name: string, at: Point, radius: number, size: number): NodeLabel | undefined {
  return textWidth(truncateMiddle(name), size) <= 2 * radius - 4 ? labelInside(name, at, size) : undefined;
}

/** Along the ray from the middle of the circle, and never upside down. */
function labelOutward(name: string, { x, y }: Point, radius: number, size: number): NodeLabel {
  const text = truncateMiddle(name);
  const away = Math.sqrt(x * x + y * y) || 1;
  const [cos, sin] = [x / away, y / away];
  const left = x < -1e-6;
  const from = radius + 4;
  const width = textWidth(text, size);
  const corner = (along: number, aside: number) => ({
    x: x + cos * along - sin * aside,
    y: y + sin * along + cos * aside,
  });
  const corners = [
    corner(from, -size / 2),
    corner(from, size / 2),
    corner(from + width, -size / 2),
    corner(from + width, size / 2),
  ];
  // The baseline lies to the right of the ray where the text runs outwards, and to its left where it runs inwards.
  const base = corner(from, (left ? -1 : 1) * size * BASELINE_OFFSET);
  const degrees = (Math.atan2(sin, cos) * 180) / Math.PI;
  return {
    text,
    ...base,
    size,
    anchor: left ? 'end' : 'start',
    angle: left ? degrees + 180 : degrees,
    isInside: false,
    crossings: 0,
    box: {
      left: Math.min(...corners.map((point) => point.x)),
      right: Math.max(...corners.map((point) => point.x)),
      top: Math.min(...corners.map((point) => point.y)),
      bottom: Math.max(...corners.map((point) => point.y)),
    },
  };
}

/** Places around a node, best first; those in its corners and those that begin or end above or below it come last. */
const LABEL_POSITIONS = [
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
] as const;

/** Each where the least is in its way: not on a node or on another name, and off the lines if there is such a place. */
function labelsBeside(placed: PlacedComponent, names: readonly string[]): (NodeLabel | undefined)[] {
  const { points, radii, part, fontSize: font, structure } = placed;
  const middle = {
    x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
    y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
  };
  const round = 'order' in structure && structure.kind !== 'line';
  const even = structure.kind === 'grid' || structure.kind === 'torus' || structure.kind === 'line';
  const taken: Box[] = [];
  return names.map((name, node) => {
    const at = points[node]!;
    const outwards = { x: at.x - middle.x, y: at.y - middle.y };
    const away = Math.sqrt(outwards.x ** 2 + outwards.y ** 2) || 1;
    let best: { label: NodeLabel; cost: number } | undefined;
    for (const [rank, side] of LABEL_POSITIONS.entries()) {
      const label = labelBeside(name, at, radii[node]!, font, side);
      const blocked =
        taken.some((box) => boxesOverlap(box, label.box)) ||
        points.some((point, other) => other !== node && circleTouchesBox(label.box, point, radii[other]! + 2));
      if (blocked) continue;
      const lines = part.edges.filter(([from, to]) => segmentCrossesBox(label.box, points[from]!, points[to]!)).length;
      const turned = 1 - (side.x * outwards.x + side.y * outwards.y) / away / Math.sqrt(side.x ** 2 + side.y ** 2);
      const cost = lines * 3 + turned * (round ? 3 : even ? 0 : 0.3) + rank * 0.12;
      if (!best || cost < best.cost) best = { label: { ...label, crossings: lines }, cost };
    }
    if (best) taken.push(withMargin(best.label.box));
    return best?.label;
  });
}

const withMargin = ({ left, right, top, bottom }: Box): Box => ({ left: left - 3, right: right + 3, top, bottom });

function labelBeside(name: string, at: Point, radius: number, size: number, side: Point): NodeLabel {
  const text = truncateMiddle(name);
  const width = textWidth(text, size);
  const height = size * 1.1;
  const reach = radius + 4;
  const x = at.x + side.x * reach;
  const y = at.y + side.y * (reach + height / 2);
  const anchor = side.x > 0 ? 'start' : side.x < 0 ? 'end' : 'middle';
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
  const box = { left, right: left + width, top: y - height / 2, bottom: y + height / 2 };
  return { text, x, y: y + size * BASELINE_OFFSET, size, anchor, angle: 0, isInside: false, box, crossings: 0 };
}

/** Below the leaves, reading downwards; to the side of the other nodes, where there is room. */
function labelsOfTree(
  { points, radii, part, fontSize: font }: PlacedComponent,
  names: readonly string[],
): (NodeLabel | undefined)[] {
  const taken: Box[] = [];
  return names.map((name, node) => {
    const at = points[node]!;
    const isLeaf = part.neighbours[node]!.every((other) => points[other]!.y < at.y);
    const places = isLeaf
      ? [labelBelow(name, at, radii[node]!, font)]
      : [1, -1].map((x) => labelBeside(name, at, radii[node]!, font, { x, y: -0.45 }));
    const free = places.find(
      ({ box }) =>
        !taken.some((other) => boxesOverlap(other, box)) &&
        !points.some((point, other) => other !== node && circleTouchesBox(box, point, radii[other]! + 1)) &&
        (isLeaf || !part.edges.some(([from, to]) => segmentCrossesBox(box, points[from]!, points[to]!))),
    );
    if (free) taken.push(free.box);
    return free;
  });
}

function labelBelow(name: string, at: Point, radius: number, size: number): NodeLabel {
  const text = truncateMiddle(name);
  const top = at.y + radius + 4;
  const half = size * 0.5;
  const box = { left: at.x - half, right: at.x + half, top, bottom: top + textWidth(text, size) };
  return {
    text,
    x: at.x - size * BASELINE_OFFSET,
    y: top,
    size,
    anchor: 'start',
    angle: 90,
    isInside: false,
    box,
    crossings: 0,
  };
}
