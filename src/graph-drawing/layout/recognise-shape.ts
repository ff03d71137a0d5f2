import { breadthFirstSearch, type Component } from './components.ts';

/** What a part looks like to a person. Nodes go by their place in the part. */
export type RecognisedShape =
  | { kind: 'single' }
  /** One after the other. */
  | { kind: 'line'; order: number[] }
  /** On a circle: a ring, a mesh, or mostly a ring in declared order, as a small world is. */
  | { kind: 'ring' | 'mesh' | 'circle'; order: number[] }
  /** One in the middle, the others around it: alone, or joined in a ring or a line. */
  | { kind: 'star' | 'wheel'; hub: number; order: number[] }
  | { kind: 'tree'; root: number }
  | { kind: 'grid' | 'torus'; rows: number; columns: number }
  | { kind: 'hypercube'; dimensions: number }
  /** None of these. */
  | { kind: 'cloud' };

/** Dimensions that can be drawn flat without a node on another's link. */
const MAX_HYPERCUBE_DIMENSIONS = 5;

/** Recognises a shape by its links, since a topology does not keep where they came from. */
export function recogniseShape(part: Component): RecognisedShape {
  const count = part.members.length;
  const edges = part.edges.length;
  if (count === 1) return { kind: 'single' };
  const degrees = part.neighbours.map((list) => list.length);
  const most = degrees.reduce((one, other) => Math.max(one, other));

  if (most <= 2 && edges === count - 1) return { kind: 'line', order: walkPath(part.neighbours, degrees.indexOf(1)) };
  const lattice = recogniseLattice(part);
  if (lattice) return lattice;
  if (most === 2) return { kind: 'ring', order: walkPath(part.neighbours, 0) };
  if (edges === (count * (count - 1)) / 2) return { kind: 'mesh', order: indexRange(count) };
  if (isHypercube(part)) return { kind: 'hypercube', dimensions: Math.log2(count) };
  if (most === count - 1) {
    const centred = recogniseHub(part, degrees.indexOf(most));
    if (centred) return centred;
  }
  if (edges === count - 1) return { kind: 'tree', root: chooseTreeRoot(part) };
  if (isMostlyRing(part)) return { kind: 'circle', order: indexRange(count) };
  return { kind: 'cloud' };
}

const indexRange = (count: number): number[] => Array.from({ length: count }, (_, node) => node);

/** Along a line from its end, or around a ring towards the lower neighbour. */
function walkPath(neighbours: readonly (readonly number[])[], start: number): number[] {
  const order = [start];
  const seen = new Set(order);
  for (let at: number | undefined = start; at !== undefined; ) {
    at = neighbours[at]!.find((next) => !seen.has(next));
    if (at === undefined) break;
    order.push(at);
    seen.add(at);
  }
  return order;
}

/** Rows and columns in declared order, open or closed. */
function recogniseLattice({ members: { length: count }, edges }: Component): RecognisedShape | undefined {
  for (let columns = 2; columns <= count / 2; columns++) {
    if (count % columns !== 0) continue;
    const rows = count / columns;
    const open = edges.length === 2 * count - rows - columns;
    const closed = edges.length === 2 * count && rows >= 3 && columns >= 3;
    if (!open && !closed) continue;
    const fits = edges.every(([from, to]) => {
      const x = Math.abs((from % columns) - (to % columns));
      const y = Math.abs(Math.floor(from / columns) - Math.floor(to / columns));
      return (
        (y === 0 && (x === 1 || (closed && x === columns - 1))) || (x === 0 && (y === 1 || (closed && y === rows - 1)))
      );
    });
    // As many edges as there are places for, all of them in such places: each place has one.
    if (fits) return { kind: closed ? 'torus' : 'grid', rows, columns };
  }
  return undefined;
}

function isHypercube({ members: { length: count }, edges }: Component): boolean {
  const dimensions = Math.log2(count);
  if (!Number.isInteger(dimensions) || dimensions < 3 || dimensions > MAX_HYPERCUBE_DIMENSIONS) return false;
  const isPower = (bits: number) => (bits & (bits - 1)) === 0;
  return edges.length === (count * dimensions) / 2 && edges.every(([from, to]) => isPower(from ^ to));
}

function recogniseHub({ neighbours }: Component, hub: number): RecognisedShape | undefined {
  const around = neighbours.map((list) => list.filter((node) => node !== hub));
  const others = indexRange(neighbours.length).filter((node) => node !== hub);
  const degrees = others.map((node) => around[node]!.length);
  if (degrees.every((degree) => degree === 0)) return { kind: 'star', hub, order: others };
  if (others.length < 4 || degrees.some((degree) => degree > 2 || degree === 0)) return undefined;
  const end = degrees.indexOf(1);
  const order = walkPath(around, others[end === -1 ? 0 : end]!);
  return order.length === others.length ? { kind: 'wheel', hub, order } : undefined;
}

/**
 * Of a tree with one-way links alone, the one node that only dials, else the one that is only dialed; else the first
 * node, unless it is a leaf: then the one with the least hops to the farthest.
 */
function chooseTreeRoot(part: Component): number {
  if (part.oneWay) {
    for (const side of [0, 1] as const) {
      const ends = new Set(part.edges.map((edge) => edge[1 - side]!));
      const tops = indexRange(part.members.length).filter((node) => !ends.has(node));
      if (tops.length === 1) return tops[0]!;
    }
  }
  if (part.neighbours[0]!.length > 1) return 0;
  const reach = part.members.map((_, node) => {
    const { order, hops } = breadthFirstSearch(part, node);
    return hops[order.at(-1)!]!;
  });
  return reach.indexOf(Math.min(...reach));
}

/**
 * Every node meets the next, or most of the links that a ring of this density would have are there and most links are
 * such: two in three is what rewiring leaves of a small world before it is all but random.
 */
function isMostlyRing({ members: { length: count }, edges }: Component): boolean {
  if (count < 5) return false;
  const within = (reach: number) =>
    edges.filter(([from, to]) => {
      const apart = Math.abs(from - to);
      return Math.min(apart, count - apart) <= reach;
    }).length;
  if (within(1) === count) return true;
  const reach = Math.max(1, Math.round(edges.length / count));
  const near = within(reach);
  return near / (count * Math.min(reach, (count - 1) / 2)) >= 0.6 && near / edges.length >= 0.55;
}
