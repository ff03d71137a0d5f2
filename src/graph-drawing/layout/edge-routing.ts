import { distance, distanceToSegment, type Point } from './geometry.ts';
import type { DrawnEdge } from './graph-view.ts';

/** A stretch of a line: straight without `bends`, else a curve with one or two of them for its control points. */
export interface Segment {
  from: Point;
  to: Point;
  controlPoints: Point[];
}

/** The way that a line takes. */
export interface EdgeRoute {
  edge: DrawnEdge;
  /** One, or two where it leaves a lattice at one side and comes back at the other. */
  segments: Segment[];
  /** The three corners of the arrow head; absent of two-way lines. */
  arrowHead?: [Point, Point, Point];
  /** Where there is room for a sign. */
  midpoint: Point;
}

/** A node as something that lines end at and go around. */
export interface NodeCircle extends Point {
  radius: number;
}

/** Of the lattice whose ends meet: how the line between its first and its last node of a row or column goes. */
export interface WrappedLattice {
  rows: number;
  columns: number;
  /** Position of each of the picture's nodes in the lattice. */
  positions: ReadonlyMap<number, number>;
}

/** Times that a node has to be looked for in a line's way, up to which lines go around nodes: in a thicket that helps nobody. */
const MAX_OBSTACLE_CHECKS = 8_000;

/** Rows up to this long have their ends joined by an arc over them; those of longer ones leave at the sides. */
const MAX_ARC_NODES = 6;

export function routeEdges(
  lines: readonly DrawnEdge[],
  spots: readonly NodeCircle[],
  lattices: readonly WrappedLattice[],
): EdgeRoute[] {
  const bending = lines.length * spots.length <= MAX_OBSTACLE_CHECKS;
  return lines.map((line) => {
    const from = spots[line.a]!;
    const to = spots[line.b]!;
    const wrap = findWrap(line, lattices);
    if (wrap)
      return wrap.length <= MAX_ARC_NODES
        ? routeAsArc(line, from, to, wrap.across)
        : routeAsStubs(line, from, to, wrap.length);
    const obstacles = bending || line.style !== 'plain' ? findObstacles(line, spots) : [];
    const bend = obstacles.length === 0 ? undefined : bendAround(from, to, obstacles, spots, line);
    return withArrowHead(line, [trimToBorders(from, to, bend ? [bend] : [], line)]);
  });
}

function findWrap(
  { a, b }: DrawnEdge,
  lattices: readonly WrappedLattice[],
): { across: boolean; length: number } | undefined {
  for (const { rows, columns, positions: place } of lattices) {
    const [one, other] = [place.get(a), place.get(b)];
    if (one === undefined || other === undefined) continue;
    const x = Math.abs((one % columns) - (other % columns));
    const y = Math.abs(Math.floor(one / columns) - Math.floor(other / columns));
    if (y === 0 && x === columns - 1) return { across: true, length: columns };
    if (x === 0 && y === rows - 1) return { across: false, length: rows };
  }
  return undefined;
}

/** Over a row, or to the left of a column. */
function routeAsArc(line: DrawnEdge, from: NodeCircle, to: NodeCircle, across: boolean): EdgeRoute {
  const rise = from.radius * 2.6 + 8;
  const inset = { x: (to.x - from.x) * 0.1, y: (to.y - from.y) * 0.1 };
  const aside = across ? { x: 0, y: -rise } : { x: -rise, y: 0 };
  const bends = [
    { x: from.x + inset.x + aside.x, y: from.y + inset.y + aside.y },
    { x: to.x - inset.x + aside.x, y: to.y - inset.y + aside.y },
  ];
  return withArrowHead(line, [trimToBorders(from, to, bends, line)]);
}

/** Two short ends, one on either side of the lattice. */
function routeAsStubs(line: DrawnEdge, from: NodeCircle, to: NodeCircle, length: number): EdgeRoute {
  const reach = Math.max((distance(from, to) / (length - 1)) * 0.55, from.radius + 12);
  const [cos, sin] = directionOf(to, from);
  const out = { x: from.x + cos * reach, y: from.y + sin * reach, radius: 0 };
  const back = { x: to.x - cos * reach, y: to.y - sin * reach, radius: 0 };
  const route = withArrowHead(line, [trimToBorders(from, out, [], line), trimToBorders(back, to, [], line)]);
  const first = route.segments[0]!;
  return { ...route, midpoint: { x: (first.from.x + first.to.x) / 2, y: (first.from.y + first.to.y) / 2 } };
}

function findObstacles({ a, b }: DrawnEdge, spots: readonly NodeCircle[]): number[] {
  const [from, to] = [spots[a]!, spots[b]!];
  const found: number[] = [];
  const [left, right] = from.x < to.x ? [from.x, to.x] : [to.x, from.x];
  const [top, bottom] = from.y < to.y ? [from.y, to.y] : [to.y, from.y];
  for (let node = 0; node < spots.length; node++) {
    if (node === a || node === b) continue;
    const spot = spots[node]!;
    const near = spot.radius + 2;
    if (spot.x < left - near || spot.x > right + near || spot.y < top - near || spot.y > bottom + near) continue;
    if (distanceToSegment(spot, from, to) < near) found.push(node);
  }
  return found;
}

/** The control point of the flattest curve, to whichever side, that keeps off the nodes in the way. */
function bendAround(
  from: NodeCircle,
  to: NodeCircle,
  obstacles: readonly number[],
  spots: readonly NodeCircle[],
  line: DrawnEdge,
): Point | undefined {
  const length = distance(from, to);
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const around = spots.filter(
    (spot, node) => node !== line.a && node !== line.b && distance(spot, middle) < length + 40,
  );
  const [cos, sin] = directionOf(from, to);
  let best: { bend: Point; hits: number } | undefined;
  for (const share of [0.18, -0.18, 0.28, -0.28, 0.4, -0.4, 0.55, -0.55]) {
    const off = share * Math.max(length, 60);
    const bend = { x: middle.x - sin * off, y: middle.y + cos * off };
    const way = Array.from({ length: 13 }, (_, at) => pointOnSegment({ from, to, controlPoints: [bend] }, at / 12));
    const hits = around.filter((spot) =>
      way.slice(1).some((point, at) => distanceToSegment(spot, way[at]!, point) < spot.radius + 2),
    ).length;
    if (hits === 0) return bend;
    if (!best || hits < best.hits) best = { bend, hits };
  }
  return best && best.hits < obstacles.length ? best.bend : undefined;
}

/** From border to border of the two nodes, with room for the arrow head's tip; one of a pair to the side of the middle. */
function trimToBorders(from: NodeCircle, to: NodeCircle, bends: Point[], line: DrawnEdge): Segment {
  const shift = line.isParallel ? Math.min(4, from.radius * 0.45 + 1, to.radius * 0.45 + 1) : 0;
  const aside = directionOf(from, to);
  const start = borderPoint(from, bends[0] ?? to, shift, aside);
  const end = borderPoint(to, bends.at(-1) ?? from, shift, aside);
  return { from: start, to: end, controlPoints: bends };
}

function borderPoint(spot: NodeCircle, towards: Point, shift: number, [cos, sin]: [number, number]): Point {
  if (spot.radius === 0) return { x: spot.x, y: spot.y };
  const [x, y] = directionOf(spot, towards);
  const reach = Math.sqrt(Math.max(0, (spot.radius + 1.5) ** 2 - shift * shift));
  // Each keeps to its right, so that the two of a pair pass each other.
  return { x: spot.x + x * reach - sin * shift, y: spot.y + y * reach + cos * shift };
}

function directionOf(from: Point, to: Point): [number, number] {
  const length = distance(from, to);
  return length === 0 ? [1, 0] : [(to.x - from.x) / length, (to.y - from.y) / length];
}

/** The point of a stretch at `t` from 0 to 1. */
export function pointOnSegment({ from, to, controlPoints: bends }: Segment, t: number): Point {
  const mix = (one: Point, other: Point): Point => ({
    x: one.x + (other.x - one.x) * t,
    y: one.y + (other.y - one.y) * t,
  });
  let points = [from, ...bends, to];
  while (points.length > 1) points = points.slice(1).map((point, at) => mix(points[at]!, point));
  return points[0]!;
}

function withArrowHead(line: DrawnEdge, stretches: Segment[]): EdgeRoute {
  const last = stretches.at(-1)!;
  const middle = pointOnSegment(last, 0.5);
  if (line.twoWay) return { edge: line, segments: stretches, midpoint: middle };
  // The head must not take more than half of a short line.
  const tip = last.to;
  const before = last.controlPoints.at(-1) ?? last.from;
  const size = Math.min(8.5, distance(last.from, tip) * 0.5);
  const [cos, sin] = directionOf(before, tip);
  const base = { x: tip.x - cos * size, y: tip.y - sin * size };
  const half = size * 0.42;
  const head: [Point, Point, Point] = [
    tip,
    { x: base.x - sin * half, y: base.y + cos * half },
    { x: base.x + sin * half, y: base.y - cos * half },
  ];
  const neck = { x: tip.x - cos * size * 0.7, y: tip.y - sin * size * 0.7 };
  return {
    edge: line,
    segments: [...stretches.slice(0, -1), { ...last, to: neck }],
    arrowHead: head,
    midpoint: middle,
  };
}
