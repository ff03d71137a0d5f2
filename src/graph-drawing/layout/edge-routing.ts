import { distance, distanceToSegment, midpoint, type Point } from './geometry.ts';
import type { DrawnEdge } from './graph-view.ts';

/** Part of a route: straight without control points, else a Bézier curve with one or two. */
export interface Segment {
  from: Point;
  to: Point;
  controlPoints: Point[];
}

export interface EdgeRoute {
  edge: DrawnEdge;
  /** One, or two if the edge leaves a lattice on one side and comes back on the other. */
  segments: Segment[];
  /** Corners of the arrow head; absent for two-way edges. */
  arrowHead?: [Point, Point, Point];
  /** Point with room for a sign. */
  midpoint: Point;
}

/** Node as a circle, which edges end at and go around. */
export interface NodeCircle extends Point {
  radius: number;
}

/** Torus, whose rows and columns are closed by edges. */
export interface WrappedLattice {
  rows: number;
  columns: number;
  /** Position in the lattice of each node of the drawing. */
  positions: ReadonlyMap<number, number>;
}

/** Edges go around nodes up to this many edges × nodes: a thicket does not get clearer that way. */
const MAX_OBSTACLE_CHECKS = 8_000;
/** A closed row of more nodes leaves the lattice at the sides instead of arcing over it. */
const MAX_ARC_NODES = 6;
/** Distance that edges keep from nodes that they do not join. */
const CLEARANCE_PX = 2;
/** Space between an edge and the node that it ends at. */
const BORDER_GAP_PX = 1.5;
/** Offsets of a bend from the straight line to try, flattest first, as shares of its length. */
const BEND_OFFSETS = [0.18, -0.18, 0.28, -0.28, 0.4, -0.4, 0.55, -0.55];
const BEND_SAMPLES = 12;
const MAX_ARROW_HEAD_PX = 8.5;

/** Routes each edge between its nodes. */
export function routeEdges(
  edges: readonly DrawnEdge[],
  nodes: readonly NodeCircle[],
  lattices: readonly WrappedLattice[],
): EdgeRoute[] {
  const isSparse = edges.length * nodes.length <= MAX_OBSTACLE_CHECKS;
  return edges.map((edge) => {
    const from = nodes[edge.a]!;
    const to = nodes[edge.b]!;
    const wrap = findWrap(edge, lattices);
    if (wrap)
      return wrap.length <= MAX_ARC_NODES
        ? routeAsArc(edge, from, to, wrap.isRow)
        : routeAsStubs(edge, from, to, wrap.length);
    const bend = isSparse || edge.style !== 'plain' ? bendAroundObstacles(edge, nodes) : undefined;
    return withArrowHead(edge, [trimToBorders(from, to, bend ? [bend] : [], edge)]);
  });
}

/** Returns the row or column that an edge closes. */
function findWrap(
  { a, b }: DrawnEdge,
  lattices: readonly WrappedLattice[],
): { isRow: boolean; length: number } | undefined {
  for (const { rows, columns, positions } of lattices) {
    const [one, other] = [positions.get(a), positions.get(b)];
    if (one === undefined || other === undefined) continue;
    const x = Math.abs((one % columns) - (other % columns));
    const y = Math.abs(Math.floor(one / columns) - Math.floor(other / columns));
    if (y === 0 && x === columns - 1) return { isRow: true, length: columns };
    if (x === 0 && y === rows - 1) return { isRow: false, length: rows };
  }
  return undefined;
}

/** Routes an edge over a row, or to the left of a column. */
function routeAsArc(edge: DrawnEdge, from: NodeCircle, to: NodeCircle, isRow: boolean): EdgeRoute {
  const rise = from.radius * 2.6 + 8;
  const offset = isRow ? { x: 0, y: -rise } : { x: -rise, y: 0 };
  const inset = { x: (to.x - from.x) * 0.1, y: (to.y - from.y) * 0.1 };
  const controlPoints = [
    { x: from.x + inset.x + offset.x, y: from.y + inset.y + offset.y },
    { x: to.x - inset.x + offset.x, y: to.y - inset.y + offset.y },
  ];
  return withArrowHead(edge, [trimToBorders(from, to, controlPoints, edge)]);
}

/** Routes an edge as two short pieces, one on either side of the lattice. */
function routeAsStubs(edge: DrawnEdge, from: NodeCircle, to: NodeCircle, length: number): EdgeRoute {
  const reach = Math.max((distance(from, to) / (length - 1)) * 0.55, from.radius + 12);
  const [cos, sin] = directionOf(to, from);
  const out = { x: from.x + cos * reach, y: from.y + sin * reach, radius: 0 };
  const back = { x: to.x - cos * reach, y: to.y - sin * reach, radius: 0 };
  const route = withArrowHead(edge, [trimToBorders(from, out, [], edge), trimToBorders(back, to, [], edge)]);
  const first = route.segments[0]!;
  return { ...route, midpoint: midpoint(first.from, first.to) };
}

/** Returns the control point of the flattest curve that avoids the nodes in the way of an edge, if there are any. */
function bendAroundObstacles({ a, b }: DrawnEdge, nodes: readonly NodeCircle[]): Point | undefined {
  const from = nodes[a]!;
  const to = nodes[b]!;
  const others = nodes.filter((_, node) => node !== a && node !== b);
  const obstacles = others.filter((node) => distanceToSegment(node, from, to) < node.radius + CLEARANCE_PX);
  if (obstacles.length === 0) return undefined;
  const length = distance(from, to);
  const middle = midpoint(from, to);
  const nearby = others.filter((node) => distance(node, middle) < length + 40);
  const [cos, sin] = directionOf(from, to);
  let best: { bend: Point; hits: number } | undefined;
  for (const share of BEND_OFFSETS) {
    const offset = share * Math.max(length, 60);
    const bend = { x: middle.x - sin * offset, y: middle.y + cos * offset };
    const curve = Array.from({ length: BEND_SAMPLES + 1 }, (_, sample) =>
      pointOnSegment({ from, to, controlPoints: [bend] }, sample / BEND_SAMPLES),
    );
    const hits = nearby.filter((node) =>
      curve.slice(1).some((point, i) => distanceToSegment(node, curve[i]!, point) < node.radius + CLEARANCE_PX),
    ).length;
    if (hits === 0) return bend;
    if (!best || hits < best.hits) best = { bend, hits };
  }
  return best && best.hits < obstacles.length ? best.bend : undefined;
}

/** Shortens a route to the borders of its nodes. An edge beside another one is moved off the middle. */
function trimToBorders(from: NodeCircle, to: NodeCircle, controlPoints: Point[], edge: DrawnEdge): Segment {
  const shift = edge.isParallel ? Math.min(4, from.radius * 0.45 + 1, to.radius * 0.45 + 1) : 0;
  const direction = directionOf(from, to);
  return {
    from: borderPoint(from, controlPoints[0] ?? to, shift, direction),
    to: borderPoint(to, controlPoints.at(-1) ?? from, shift, direction),
    controlPoints,
  };
}

function borderPoint(node: NodeCircle, towards: Point, shift: number, [cos, sin]: [number, number]): Point {
  if (node.radius === 0) return { x: node.x, y: node.y };
  const [x, y] = directionOf(node, towards);
  const reach = Math.sqrt(Math.max(0, (node.radius + BORDER_GAP_PX) ** 2 - shift * shift));
  // Each of two parallel edges keeps to its right, so that they pass each other.
  return { x: node.x + x * reach - sin * shift, y: node.y + y * reach + cos * shift };
}

function directionOf(from: Point, to: Point): [number, number] {
  const length = distance(from, to);
  return length === 0 ? [1, 0] : [(to.x - from.x) / length, (to.y - from.y) / length];
}

/** Returns the point of a segment at `t` from 0 to 1 (de Casteljau's algorithm). */
export function pointOnSegment({ from, to, controlPoints }: Segment, t: number): Point {
  let points = [from, ...controlPoints, to];
  while (points.length > 1) {
    points = points.slice(1).map((next, i) => {
      const { x, y } = points[i]!;
      return { x: x + (next.x - x) * t, y: y + (next.y - y) * t };
    });
  }
  return points[0]!;
}

function withArrowHead(edge: DrawnEdge, segments: Segment[]): EdgeRoute {
  const last = segments.at(-1)!;
  const middle = pointOnSegment(last, 0.5);
  if (edge.twoWay) return { edge, segments, midpoint: middle };
  const tip = last.to;
  // The head takes at most half of a short edge.
  const size = Math.min(MAX_ARROW_HEAD_PX, distance(last.from, tip) * 0.5);
  const [cos, sin] = directionOf(last.controlPoints.at(-1) ?? last.from, tip);
  const pointAt = (back: number, aside: number): Point => ({
    x: tip.x - cos * back + sin * aside,
    y: tip.y - sin * back - cos * aside,
  });
  const halfWidth = size * 0.42;
  return {
    edge,
    segments: [...segments.slice(0, -1), { ...last, to: pointAt(size * 0.7, 0) }],
    arrowHead: [tip, pointAt(size, -halfWidth), pointAt(size, halfWidth)],
    midpoint: middle,
  };
}
