import type { Line } from './picture.ts';
import { distance, distanceToStretch, type Point } from './point.ts';

/** A stretch of a line: straight without `bends`, else a curve with one or two of them for its control points. */
export interface Stretch {
  from: Point;
  to: Point;
  bends: Point[];
}

/** The way that a line takes. */
export interface Route {
  line: Line;
  /** One, or two where it leaves a lattice at one side and comes back at the other. */
  stretches: Stretch[];
  /** The three corners of the arrow head; absent of two-way lines. */
  head?: [Point, Point, Point];
  /** Where there is room for a sign. */
  middle: Point;
}

/** A node as something that lines end at and go around. */
export interface Spot extends Point {
  radius: number;
}

/** Of the lattice whose ends meet: how the line between its first and its last node of a row or column goes. */
export interface Lattice {
  rows: number;
  columns: number;
  /** Position of each of the picture's nodes in the lattice. */
  place: ReadonlyMap<number, number>;
}

/** Times that a node has to be looked for in a line's way, up to which lines go around nodes: in a thicket that helps nobody. */
const MOST_LOOKS = 8_000;

/** Rows up to this long have their ends joined by an arc over them; those of longer ones leave at the sides. */
const LONGEST_ARC = 6;

export function routesOf(lines: readonly Line[], spots: readonly Spot[], lattices: readonly Lattice[]): Route[] {
  const bending = lines.length * spots.length <= MOST_LOOKS;
  return lines.map((line) => {
    const from = spots[line.a]!;
    const to = spots[line.b]!;
    const wrap = wrapOf(line, lattices);
    if (wrap) return wrap.length <= LONGEST_ARC ? arc(line, from, to, wrap.across) : stubs(line, from, to, wrap.length);
    const obstacles = bending || line.look !== 'plain' ? inTheWay(line, spots) : [];
    const bend = obstacles.length === 0 ? undefined : bendAround(from, to, obstacles, spots, line);
    return finish(line, [trim(from, to, bend ? [bend] : [], line)]);
  });
}

function wrapOf({ a, b }: Line, lattices: readonly Lattice[]): { across: boolean; length: number } | undefined {
  for (const { rows, columns, place } of lattices) {
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
function arc(line: Line, from: Spot, to: Spot, across: boolean): Route {
  const rise = from.radius * 2.6 + 8;
  const inset = { x: (to.x - from.x) * 0.1, y: (to.y - from.y) * 0.1 };
  const aside = across ? { x: 0, y: -rise } : { x: -rise, y: 0 };
  const bends = [
    { x: from.x + inset.x + aside.x, y: from.y + inset.y + aside.y },
    { x: to.x - inset.x + aside.x, y: to.y - inset.y + aside.y },
  ];
  return finish(line, [trim(from, to, bends, line)]);
}

/** Two short ends, one on either side of the lattice. */
function stubs(line: Line, from: Spot, to: Spot, length: number): Route {
  const reach = Math.max((distance(from, to) / (length - 1)) * 0.55, from.radius + 12);
  const [cos, sin] = directionOf(to, from);
  const out = { x: from.x + cos * reach, y: from.y + sin * reach, radius: 0 };
  const back = { x: to.x - cos * reach, y: to.y - sin * reach, radius: 0 };
  const route = finish(line, [trim(from, out, [], line), trim(back, to, [], line)]);
  const first = route.stretches[0]!;
  return { ...route, middle: { x: (first.from.x + first.to.x) / 2, y: (first.from.y + first.to.y) / 2 } };
}

function inTheWay({ a, b }: Line, spots: readonly Spot[]): number[] {
  const [from, to] = [spots[a]!, spots[b]!];
  const found: number[] = [];
  const [left, right] = from.x < to.x ? [from.x, to.x] : [to.x, from.x];
  const [top, bottom] = from.y < to.y ? [from.y, to.y] : [to.y, from.y];
  for (let node = 0; node < spots.length; node++) {
    if (node === a || node === b) continue;
    const spot = spots[node]!;
    const near = spot.radius + 2;
    if (spot.x < left - near || spot.x > right + near || spot.y < top - near || spot.y > bottom + near) continue;
    if (distanceToStretch(spot, from, to) < near) found.push(node);
  }
  return found;
}

/** The control point of the flattest curve, to whichever side, that keeps off the nodes in the way. */
function bendAround(
  from: Spot,
  to: Spot,
  obstacles: readonly number[],
  spots: readonly Spot[],
  line: Line,
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
    const way = Array.from({ length: 13 }, (_, at) => along({ from, to, bends: [bend] }, at / 12));
    const hits = around.filter((spot) =>
      way.slice(1).some((point, at) => distanceToStretch(spot, way[at]!, point) < spot.radius + 2),
    ).length;
    if (hits === 0) return bend;
    if (!best || hits < best.hits) best = { bend, hits };
  }
  return best && best.hits < obstacles.length ? best.bend : undefined;
}

/** From border to border of the two nodes, with room for the arrow head's tip; one of a pair to the side of the middle. */
function trim(from: Spot, to: Spot, bends: Point[], line: Line): Stretch {
  const shift = line.paired ? Math.min(4, from.radius * 0.45 + 1, to.radius * 0.45 + 1) : 0;
  const aside = directionOf(from, to);
  const start = border(from, bends[0] ?? to, shift, aside);
  const end = border(to, bends.at(-1) ?? from, shift, aside);
  return { from: start, to: end, bends };
}

function border(spot: Spot, towards: Point, shift: number, [cos, sin]: [number, number]): Point {
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
export function along({ from, to, bends }: Stretch, t: number): Point {
  const mix = (one: Point, other: Point): Point => ({
    x: one.x + (other.x - one.x) * t,
    y: one.y + (other.y - one.y) * t,
  });
  let points = [from, ...bends, to];
  while (points.length > 1) points = points.slice(1).map((point, at) => mix(points[at]!, point));
  return points[0]!;
}

function finish(line: Line, stretches: Stretch[]): Route {
  const last = stretches.at(-1)!;
  const middle = along(last, 0.5);
  if (line.twoWay) return { line, stretches, middle };
  // The head must not take more than half of a short line.
  const tip = last.to;
  const before = last.bends.at(-1) ?? last.from;
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
  return { line, stretches: [...stretches.slice(0, -1), { ...last, to: neck }], head, middle };
}
