import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum,
} from 'd3-force';
import { breadthFirstSearch, type Component } from './components.ts';
import { distance, distanceToSegment, type Point } from './geometry.ts';

/** Up to so many nodes, several beginnings are tried and links are kept off the nodes that they do not join. */
const MAX_REFINED_NODES = 60;

interface SimulatedNode extends Point, SimulationNodeDatum {
  x: number;
  y: number;
  radius: number;
}

/**
 * A part without a shape of its own: nodes that are linked near each other, the others apart. Nothing in it is left to
 * chance, and apart from the beginning it takes no functions whose last digit depends on the machine.
 *
 * @param radii of the nodes
 * @param pitch from the middle of a node to the middle of one that it is linked to, about
 */
export function layOutByForces(part: Component, radii: readonly number[], pitch: number): Point[] {
  const count = part.members.length;
  const beginnings =
    count <= MAX_REFINED_NODES
      ? [
          circle(part.members.map((_, node) => node)),
          circle(breadthFirstFromHub(part)),
          spiral(breadthFirstFromHub(part)),
          zigzag(breadthFirstFromHub(part)),
        ]
      : [spiral(breadthFirstFromHub(part))];
  const drawings = beginnings.map((start) =>
    rotateToLandscape(runForceSimulation(part, radii, pitch, minimiseStress(part, start, pitch))),
  );
  const rated = drawings.map((points) => ({ points, flaws: readabilityPenalty(part, points, radii) }));
  return rated.reduce((best, other) => (other.flaws < best.flaws ? other : best)).points;
}

/** From the node that is nearest to all outwards. */
function breadthFirstFromHub(part: Component): number[] {
  const degrees = part.neighbours.map((list) => list.length);
  return breadthFirstSearch(part, degrees.indexOf(degrees.reduce((one, other) => Math.max(one, other)))).order;
}

const roundToThousandth = (value: number): number => Math.round(value * 1000) / 1000;

function circle(order: readonly number[]): Point[] {
  const points: Point[] = [];
  order.forEach((node, at) => {
    const angle = (2 * Math.PI * at) / order.length;
    points[node] = { x: roundToThousandth(Math.cos(angle)), y: roundToThousandth(Math.sin(angle)) };
  });
  return points;
}

/** Evenly over a disc, from the middle outwards. */
function spiral(order: readonly number[]): Point[] {
  const points: Point[] = [];
  order.forEach((node, at) => {
    const radius = Math.sqrt((at + 0.5) / order.length);
    points[node] = {
      x: roundToThousandth(radius * Math.cos(at * 2.39996)),
      y: roundToThousandth(radius * Math.sin(at * 2.39996)),
    };
  });
  return points;
}

function zigzag(order: readonly number[]): Point[] {
  const points: Point[] = [];
  order.forEach((node, at) => {
    points[node] = { x: roundToThousandth((2 * at) / order.length - 1), y: (at % 3) * 0.2 + (at % 2) * 0.1 };
  });
  return points;
}

/**
 * Moves every node to where its hops to the others would have it, again and again (Gansner, Koren and North, "Graph
 * drawing by stress majorization", 2004). In large parts only the hops to some nodes, far from each other, are heeded.
 */
function minimiseStress(part: Component, start: readonly Point[], pitch: number): Point[] {
  const count = part.members.length;
  const wanted = count <= 400 ? count : 60;
  const pivots: number[] = [];
  const hops: Int32Array[] = [];
  const nearest = new Int32Array(count).fill(count);
  for (let pivot = 0; pivots.length < wanted; ) {
    const found = breadthFirstSearch(part, pivot).hops;
    pivots.push(pivot);
    hops.push(found);
    for (let node = 0; node < count; node++) nearest[node] = Math.min(nearest[node]!, found[node]!);
    pivot = nearest.indexOf(nearest.reduce((one, other) => Math.max(one, other)));
    if (nearest[pivot] === 0) break;
  }
  const size = (pitch * Math.sqrt(count)) / 2;
  const points = start.map(({ x, y }) => ({ x: x * size, y: y * size }));
  for (let round = 0; round < (count <= 400 ? 80 : 40); round++) {
    for (let node = 0; node < count; node++) {
      const at = points[node]!;
      let [x, y, total] = [0, 0, 0];
      for (let index = 0; index < pivots.length; index++) {
        const away = hops[index]![node]!;
        if (away === 0) continue;
        const pivot = points[pivots[index]!]!;
        const now = Math.max(distance(at, pivot), 1e-6);
        const ratio = (away * pitch) / now;
        const weight = 1 / (away * away);
        x += weight * (pivot.x + ratio * (at.x - pivot.x));
        y += weight * (pivot.y + ratio * (at.y - pivot.y));
        total += weight;
      }
      points[node] = { x: x / total, y: y / total };
    }
  }
  return points;
}

/** Lets links pull and nodes push, so that nodes are well apart. */
function runForceSimulation(
  part: Component,
  radii: readonly number[],
  pitch: number,
  start: readonly Point[],
): Point[] {
  const count = part.members.length;
  const bodies: SimulatedNode[] = start.map(({ x, y }, node) => ({ x, y, radius: radii[node]! }));
  const links = part.edges.map(([source, target]) => ({ source, target }));
  // From a half down to a few thousandths, in fewer steps where each takes longer.
  const [ticks, decay] = count <= 400 ? [160, 0.03] : count <= 1500 ? [120, 0.045] : [50, 0.105];
  const simulation = forceSimulation<SimulatedNode>(bodies)
    .stop()
    .alpha(0.5)
    .alphaDecay(decay)
    .force('link', forceLink<SimulatedNode, (typeof links)[number]>(links).distance(pitch))
    .force(
      'charge',
      forceManyBody<SimulatedNode>()
        .strength(-4.5 * pitch)
        .distanceMax(pitch * 12),
    )
    .force('x', forceX<SimulatedNode>(0).strength(0.035))
    .force('y', forceY<SimulatedNode>(0).strength(0.05))
    .force(
      'collide',
      forceCollide<SimulatedNode>((body) => body.radius + pitch * 0.16).iterations(count <= 400 ? 3 : 1),
    );
  if (count <= MAX_REFINED_NODES) simulation.force('clear', clearanceForce(part.edges, bodies, pitch));
  simulation.tick(ticks);
  return bodies.map(({ x, y }) => ({ x, y }));
}

/** A force that pushes nodes off the links that they are not an end of. */
function clearanceForce(
  edges: readonly [number, number][],
  bodies: readonly SimulatedNode[],
  pitch: number,
): (alpha: number) => void {
  return (alpha) => {
    for (const [from, to] of edges) {
      const one = bodies[from]!;
      const other = bodies[to]!;
      const x = other.x - one.x;
      const y = other.y - one.y;
      const length = x * x + y * y;
      if (length === 0) continue;
      for (let node = 0; node < bodies.length; node++) {
        if (node === from || node === to) continue;
        const body = bodies[node]!;
        const along = ((body.x - one.x) * x + (body.y - one.y) * y) / length;
        if (along <= 0.05 || along >= 0.95) continue;
        const [offX, offY] = [body.x - one.x - along * x, body.y - one.y - along * y];
        const off = Math.sqrt(offX * offX + offY * offY);
        const wanted = body.radius + pitch * 0.2;
        if (off >= wanted || off === 0) continue;
        const push = ((wanted - off) / off) * Math.min(0.35, alpha * 1.5);
        body.vx = (body.vx ?? 0) + offX * push;
        body.vy = (body.vy ?? 0) + offY * push;
        one.vx = (one.vx ?? 0) - offX * push * 0.5 * (1 - along);
        one.vy = (one.vy ?? 0) - offY * push * 0.5 * (1 - along);
        other.vx = (other.vx ?? 0) - offX * push * 0.5 * along;
        other.vy = (other.vy ?? 0) - offY * push * 0.5 * along;
      }
    }
  };
}

/** Turned so that it is wide rather than high, its first node in the upper half and to the left. */
function rotateToLandscape(points: readonly Point[]): Point[] {
  const middle = {
    x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
    y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
  };
  const [xx, xy, yy] = points.reduce(
    ([a, b, c], { x, y }) => [a + (x - middle.x) ** 2, b + (x - middle.x) * (y - middle.y), c + (y - middle.y) ** 2],
    [0, 0, 0] as [number, number, number],
  );
  // The direction in which the points spread most, as the longer eigenvector of their covariance.
  const greatest = (xx + yy) / 2 + Math.sqrt(((xx - yy) / 2) ** 2 + xy * xy);
  const [axisX, axisY] = Math.abs(xy) < 1e-9 ? (xx >= yy ? [1, 0] : [0, 1]) : [greatest - yy, xy];
  const length = Math.sqrt(axisX * axisX + axisY * axisY);
  const [cos, sin] = [axisX / length, axisY / length];
  const turned = points.map(({ x, y }) => ({
    x: (x - middle.x) * cos + (y - middle.y) * sin,
    y: (y - middle.y) * cos - (x - middle.x) * sin,
  }));
  const first = turned[0]!;
  const [flipX, flipY] = [first.x > 0 ? -1 : 1, first.y > 0 ? -1 : 1];
  return turned.map(({ x, y }) => ({ x: x * flipX, y: y * flipY }));
}

/** How hard a drawing is to read: links that cross, and links that pass near or over a node. */
function readabilityPenalty(part: Component, points: readonly Point[], radii: readonly number[]): number {
  if (points.length > MAX_REFINED_NODES) return 0;
  let total = 0;
  part.edges.forEach(([from, to], at) => {
    const [one, other] = [points[from]!, points[to]!];
    for (const [third, fourth] of part.edges.slice(at + 1)) {
      if (third === from || third === to || fourth === from || fourth === to) continue;
      if (segmentsCross(one, other, points[third]!, points[fourth]!)) total += 1;
    }
    points.forEach((point, node) => {
      if (node !== from && node !== to && distanceToSegment(point, one, other) < radii[node]! + 4) total += 4;
    });
  });
  return total;
}

function segmentsCross(a: Point, b: Point, c: Point, d: Point): boolean {
  const side = (p: Point, q: Point, r: Point) => (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}
