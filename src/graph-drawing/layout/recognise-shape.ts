import { breadthFirstSearch } from '../../topology/graph/graph.ts';
import type { Component } from './components.ts';

/** Shape that people see in a component. Nodes are numbered as in the component. */
export type RecognisedShape =
  | { kind: 'single' }
  | { kind: 'line'; order: number[] }
  /** On a circle. `circle`: mostly a ring in declared order, as a small world is. */
  | { kind: 'ring' | 'mesh' | 'circle'; order: number[] }
  /** A hub with the other nodes around it. `wheel`: these are joined in a ring or a line. */
  | { kind: 'star' | 'wheel'; hub: number; order: number[] }
  | { kind: 'tree'; root: number }
  | { kind: 'grid' | 'torus'; rows: number; columns: number }
  | { kind: 'hypercube'; dimensions: number }
  /** None of the other shapes. */
  | { kind: 'cloud' };

/** Most dimensions that can be drawn flat without a node on an edge between two others. */
const MAX_HYPERCUBE_DIMENSIONS = 5;
/**
 * Shares of a ring's links that a component must have, and of its links that must be such. A small world of which two
 * links in three are rewired has them; with more, it is all but random.
 */
const MIN_RING_SHARE = 0.6;
const MIN_NEAR_SHARE = 0.55;

/** Recognises the shape of a component by its edges, since a topology does not keep which shape they came from. */
export function recogniseShape(component: Component): RecognisedShape {
  const { neighbours } = component;
  const count = neighbours.length;
  const edges = component.edges.length;
  if (count === 1) return { kind: 'single' };
  const degrees = neighbours.map((list) => list.length);
  const maxDegree = Math.max(...degrees);

  if (maxDegree <= 2 && edges === count - 1) return { kind: 'line', order: walkPath(neighbours, degrees.indexOf(1)) };
  const lattice = recogniseLattice(component);
  if (lattice) return lattice;
  if (maxDegree === 2) return { kind: 'ring', order: walkPath(neighbours, 0) };
  if (edges === (count * (count - 1)) / 2) return { kind: 'mesh', order: indexRange(count) };
  if (isHypercube(component)) return { kind: 'hypercube', dimensions: Math.log2(count) };
  if (maxDegree === count - 1) {
    const aroundHub = recogniseHub(component, degrees.indexOf(maxDegree));
    if (aroundHub) return aroundHub;
  }
  if (edges === count - 1) return { kind: 'tree', root: chooseTreeRoot(component) };
  if (isMostlyRing(component)) return { kind: 'circle', order: indexRange(count) };
  return { kind: 'cloud' };
}

const indexRange = (count: number): number[] => Array.from({ length: count }, (_, node) => node);

/** Walks a line from its end, or a ring towards the lower neighbour. */
function walkPath(neighbours: readonly (readonly number[])[], start: number): number[] {
  const order = new Set<number>();
  for (let at: number | undefined = start; at !== undefined; at = neighbours[at]!.find((next) => !order.has(next)))
    order.add(at);
  return [...order];
}

/** Recognises rows and columns in declared order: a grid, or a torus. */
function recogniseLattice({ members: { length: count }, edges }: Component): RecognisedShape | undefined {
  for (let columns = 2; columns <= count / 2; columns++) {
    if (count % columns !== 0) continue;
    const rows = count / columns;
    const isGridSize = edges.length === 2 * count - rows - columns;
    const isTorusSize = edges.length === 2 * count && rows >= 3 && columns >= 3;
    if (!isGridSize && !isTorusSize) continue;
    const isStep = (apart: number, length: number) => apart === 1 || (isTorusSize && apart === length - 1);
    const fits = edges.every(([from, to]) => {
      const x = Math.abs((from % columns) - (to % columns));
      const y = Math.abs(Math.floor(from / columns) - Math.floor(to / columns));
      return (y === 0 && isStep(x, columns)) || (x === 0 && isStep(y, rows));
    });
    // There are as many edges as places for them, so if every edge is in one of the places, every place has its edge.
    if (fits) return { kind: isTorusSize ? 'torus' : 'grid', rows, columns };
  }
  return undefined;
}

function isHypercube({ members: { length: count }, edges }: Component): boolean {
  const dimensions = Math.log2(count);
  if (!Number.isInteger(dimensions) || dimensions < 3 || dimensions > MAX_HYPERCUBE_DIMENSIONS) return false;
  const isPowerOf2 = (bits: number) => (bits & (bits - 1)) === 0;
  return edges.length === (count * dimensions) / 2 && edges.every(([from, to]) => isPowerOf2(from ^ to));
}

function recogniseHub({ neighbours }: Component, hub: number): RecognisedShape | undefined {
  const others = indexRange(neighbours.length).filter((node) => node !== hub);
  const withoutHub = neighbours.map((list) => list.filter((node) => node !== hub));
  const degrees = others.map((node) => withoutHub[node]!.length);
  if (degrees.every((degree) => degree === 0)) return { kind: 'star', hub, order: others };
  if (others.length < 4 || degrees.some((degree) => degree > 2 || degree === 0)) return undefined;
  const order = walkPath(withoutHub, others[Math.max(0, degrees.indexOf(1))]!);
  return order.length === others.length ? { kind: 'wheel', hub, order } : undefined;
}

/**
 * Chooses the root of a tree. If all links are one-way: the only node that nobody dials, or the only one that dials
 * nobody. Else the first node, or if that is a leaf, the node with the least hops to the farthest.
 */
function chooseTreeRoot({ neighbours, edges, oneWay }: Component): number {
  if (oneWay) {
    for (const side of [0, 1] as const) {
      const otherEnds = new Set(edges.map((edge) => edge[1 - side]!));
      const candidates = indexRange(neighbours.length).filter((node) => !otherEnds.has(node));
      if (candidates.length === 1) return candidates[0]!;
    }
  }
  if (neighbours[0]!.length > 1) return 0;
  const eccentricities = neighbours.map((_, node) => {
    const { order, distance } = breadthFirstSearch(neighbours, node);
    return distance[order.at(-1)!]!;
  });
  return eccentricities.indexOf(Math.min(...eccentricities));
}

/** True if each node is linked to the next, or if most links of a ring of this density are there and few others. */
function isMostlyRing({ members: { length: count }, edges }: Component): boolean {
  if (count < 5) return false;
  const edgesWithin = (reach: number) =>
    edges.filter(([from, to]) => {
      const apart = Math.abs(from - to);
      return Math.min(apart, count - apart) <= reach;
    }).length;
  if (edgesWithin(1) === count) return true;
  const reach = Math.max(1, Math.round(edges.length / count));
  const near = edgesWithin(reach);
  const ringEdges = count * Math.min(reach, (count - 1) / 2);
  return near / ringEdges >= MIN_RING_SHARE && near / edges.length >= MIN_NEAR_SHARE;
}
