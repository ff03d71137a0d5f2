import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum,
} from 'd3-force';
import { breadthFirstSearch } from '../../topology/graph/graph.ts';
import type { Component } from './components.ts';
import { centroid, distance, distanceToSegment, type Point, scalePoints } from './geometry.ts';

/** Up to this many nodes, several starts are tried, and links are kept off the nodes that they do not join. */
const MAX_REFINED_NODES = 60;
/** Up to this many nodes, stress is minimised for all pairs; above, for the hops to some nodes only. */
const MAX_EXACT_NODES = 400;
const STRESS_PIVOTS = 60;
const STRESS_ROUNDS = { exact: 80, pivots: 40 };
/** Angle between consecutive nodes of a spiral that fills a disc evenly: the golden angle. */
const GOLDEN_ANGLE = 2.39996;

interface SimulatedNode extends Point, SimulationNodeDatum {
  x: number;
  y: number;
  radius: number;
}

/**
 * Lays out a component without a recognised shape: linked nodes close together, others apart. Ours instead of Graphviz
 * (docs/pictures.md). The result is the same on every machine: nothing is random, and only the start uses functions whose
 * last digit depends on the machine, rounded.
 *
 * @param spacing distance between the centres of linked nodes, roughly
 */
export function layOutByForces(component: Component, radii: readonly number[], spacing: number): Point[] {
  const outwards = breadthFirstFromHub(component);
  const declared = component.members.map((_, node) => node);
  const starts =
    declared.length <= MAX_REFINED_NODES
      ? [placeOn(declared, circle), placeOn(outwards, circle), placeOn(outwards, spiral), placeOn(outwards, zigzag)]
      : [placeOn(outwards, spiral)];
  const drawings = starts.map((start) => {
    const relaxed = minimiseStress(component, start, spacing);
    const points = rotateToLandscape(runForceSimulation(component, radii, spacing, relaxed));
    return { points, penalty: readabilityPenalty(component, points, radii) };
  });
  return drawings.reduce((best, other) => (other.penalty < best.penalty ? other : best)).points;
}

/** Returns the nodes by their hops from the node with the most neighbours. */
function breadthFirstFromHub({ neighbours }: Component): number[] {
  const degrees = neighbours.map((list) => list.length);
  return breadthFirstSearch(neighbours, degrees.indexOf(Math.max(...degrees))).order;
}

function placeOn(order: readonly number[], curve: (index: number, count: number) => Point): Point[] {
  const points: Point[] = [];
  order.forEach((node, index) => {
    points[node] = curve(index, order.length);
  });
  return points;
}

const roundToThousandth = (value: number): number => Math.round(value * 1000) / 1000;

function circle(index: number, count: number): Point {
  const angle = (2 * Math.PI * index) / count;
  return { x: roundToThousandth(Math.cos(angle)), y: roundToThousandth(Math.sin(angle)) };
}

function spiral(index: number, count: number): Point {
  const radius = Math.sqrt((index + 0.5) / count);
  return {
    x: roundToThousandth(radius * Math.cos(index * GOLDEN_ANGLE)),
    y: roundToThousandth(radius * Math.sin(index * GOLDEN_ANGLE)),
  };
}

function zigzag(index: number, count: number): Point {
  return { x: roundToThousandth((2 * index) / count - 1), y: (index % 3) * 0.2 + (index % 2) * 0.1 };
}

/**
 * Moves every node to where its hops to the others would have it, repeatedly (Gansner, Koren and North, "Graph drawing by
 * stress majorization", 2004). In large components, only the hops to some pivots, far from each other, count.
 */
function minimiseStress({ neighbours }: Component, start: readonly Point[], spacing: number): Point[] {
  const count = neighbours.length;
  const isExact = count <= MAX_EXACT_NODES;
  const pivots: number[] = [];
  const hops: Int32Array[] = [];
  const nearestPivot = new Int32Array(count).fill(count);
  for (let pivot = 0; pivots.length < (isExact ? count : STRESS_PIVOTS); ) {
    const { distance: found } = breadthFirstSearch(neighbours, pivot);
    pivots.push(pivot);
    hops.push(found);
    for (let node = 0; node < count; node++) nearestPivot[node] = Math.min(nearestPivot[node]!, found[node]!);
    pivot = nearestPivot.indexOf(Math.max(...nearestPivot));
    if (nearestPivot[pivot] === 0) break;
  }
  const points = scalePoints(start, (spacing * Math.sqrt(count)) / 2);
  for (let round = 0; round < (isExact ? STRESS_ROUNDS.exact : STRESS_ROUNDS.pivots); round++) {
    for (let node = 0; node < count; node++) {
      const at = points[node]!;
      let [x, y, totalWeight] = [0, 0, 0];
      for (let index = 0; index < pivots.length; index++) {
        const away = hops[index]![node]!;
        if (away === 0) continue;
        const pivot = points[pivots[index]!]!;
        const ratio = (away * spacing) / Math.max(distance(at, pivot), 1e-6);
        const weight = 1 / (away * away);
        x += weight * (pivot.x + ratio * (at.x - pivot.x));
        y += weight * (pivot.y + ratio * (at.y - pivot.y));
        totalWeight += weight;
      }
      points[node] = { x: x / totalWeight, y: y / totalWeight };
    }
  }
  return points;
}

/** Lets links pull and nodes push, so that nodes are well apart. */
function runForceSimulation(
  component: Component,
  radii: readonly number[],
  spacing: number,
  start: readonly Point[],
): Point[] {
  const count = start.length;
  const nodes: SimulatedNode[] = start.map(({ x, y }, node) => ({ x, y, radius: radii[node]! }));
  const links = component.edges.map(([source, target]) => ({ source, target }));
  // From 0.5 down to a few thousandths, in fewer steps where each takes longer.
  const [ticks, alphaDecay] = count <= MAX_EXACT_NODES ? [160, 0.03] : count <= 1500 ? [120, 0.045] : [50, 0.105];
  const simulation = forceSimulation<SimulatedNode>(nodes)
    .stop()
    .alpha(0.5)
    .alphaDecay(alphaDecay)
    .force('link', forceLink<SimulatedNode, (typeof links)[number]>(links).distance(spacing))
    .force(
      'charge',
      forceManyBody<SimulatedNode>()
        .strength(-4.5 * spacing)
        .distanceMax(spacing * 12),
    )
    .force('x', forceX<SimulatedNode>(0).strength(0.035))
    .force('y', forceY<SimulatedNode>(0).strength(0.05))
    .force(
      'collide',
      forceCollide<SimulatedNode>(({ radius }) => radius + spacing * 0.16).iterations(count <= MAX_EXACT_NODES ? 3 : 1),
    );
  if (count <= MAX_REFINED_NODES) simulation.force('clearance', clearanceForce(component.edges, nodes, spacing));
  simulation.tick(ticks);
  return nodes.map(({ x, y }) => ({ x, y }));
}

/** Creates a force that pushes nodes off the links that they are not an end of. */
function clearanceForce(
  edges: readonly [number, number][],
  nodes: readonly SimulatedNode[],
  spacing: number,
): (alpha: number) => void {
  const push = (node: SimulatedNode, x: number, y: number) => {
    node.vx = (node.vx ?? 0) + x;
    node.vy = (node.vy ?? 0) + y;
  };
  return (alpha) => {
    for (const [a, b] of edges) {
      const from = nodes[a]!;
      const to = nodes[b]!;
      const x = to.x - from.x;
      const y = to.y - from.y;
      const squaredLength = x * x + y * y;
      if (squaredLength === 0) continue;
      for (const node of nodes) {
        if (node === from || node === to) continue;
        const along = ((node.x - from.x) * x + (node.y - from.y) * y) / squaredLength;
        if (along <= 0.05 || along >= 0.95) continue;
        const [offX, offY] = [node.x - from.x - along * x, node.y - from.y - along * y];
        const off = Math.sqrt(offX * offX + offY * offY);
        const wanted = node.radius + spacing * 0.2;
        if (off >= wanted || off === 0) continue;
        const force = ((wanted - off) / off) * Math.min(0.35, alpha * 1.5);
        push(node, offX * force, offY * force);
        push(from, -offX * force * 0.5 * (1 - along), -offY * force * 0.5 * (1 - along));
        push(to, -offX * force * 0.5 * along, -offY * force * 0.5 * along);
      }
    }
  };
}

/** Rotates a drawing so that it is wider than high, and flips it so that its first node is in the top left quarter. */
function rotateToLandscape(points: readonly Point[]): Point[] {
  const centre = centroid(points);
  const offsets = points.map(({ x, y }) => ({ x: x - centre.x, y: y - centre.y }));
  const [xx, xy, yy] = offsets.reduce(([a, b, c], { x, y }) => [a + x ** 2, b + x * y, c + y ** 2], [0, 0, 0] as [
    number,
    number,
    number,
  ]);
  // The direction in which the points spread most is the longer eigenvector of their covariance.
  const eigenvalue = (xx + yy) / 2 + Math.sqrt(((xx - yy) / 2) ** 2 + xy * xy);
  const [axisX, axisY] = Math.abs(xy) < 1e-9 ? (xx >= yy ? [1, 0] : [0, 1]) : [eigenvalue - yy, xy];
  const length = Math.sqrt(axisX * axisX + axisY * axisY);
  const [cos, sin] = [axisX / length, axisY / length];
  const rotated = offsets.map(({ x, y }) => ({ x: x * cos + y * sin, y: y * cos - x * sin }));
  const first = rotated[0]!;
  const [flipX, flipY] = [first.x > 0 ? -1 : 1, first.y > 0 ? -1 : 1];
  return rotated.map(({ x, y }) => ({ x: x * flipX, y: y * flipY }));
}

/** Rates how hard a drawing is to read: links that cross, and links that pass close to a node or over it. */
function readabilityPenalty({ edges }: Component, points: readonly Point[], radii: readonly number[]): number {
  if (points.length > MAX_REFINED_NODES) return 0;
  let penalty = 0;
  edges.forEach(([a, b], index) => {
    const [from, to] = [points[a]!, points[b]!];
    for (const [c, d] of edges.slice(index + 1)) {
      if (c === a || c === b || d === a || d === b) continue;
      if (segmentsCross(from, to, points[c]!, points[d]!)) penalty += 1;
    }
    points.forEach((point, node) => {
      if (node !== a && node !== b && distanceToSegment(point, from, to) < radii[node]! + 4) penalty += 4;
    });
  });
  return penalty;
}

function segmentsCross(a: Point, b: Point, c: Point, d: Point): boolean {
  const side = (p: Point, q: Point, r: Point) => (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}
