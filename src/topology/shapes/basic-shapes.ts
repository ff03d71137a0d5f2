import { assertIntegerInRange, assertMaxEdges, assertMinNodes, type Edge, pairCount } from './edge.ts';

/** Links each node to the next: n - 1 edges. @throws ImpossibleShapeError for fewer than 1 node */
export function line(nodes: number): Edge[] {
  assertMinNodes('line', nodes, 1);
  return Array.from({ length: nodes - 1 }, (_, node): Edge => [node, node + 1]);
}

/** Closes a line: n edges, from 3 nodes. One-way, it is a single cycle. @throws ImpossibleShapeError for fewer than 3 nodes */
export function ring(nodes: number): Edge[] {
  assertMinNodes('ring', nodes, 3, 'use shape line');
  return [...line(nodes), [nodes - 1, 0]];
}

/** Options of {@link star}. */
export interface StarOptions {
  /** Position of the hub. @default 0 */
  hub?: number | undefined;
}

/**
 * Links one hub to every other node: n - 1 edges. One-way, the hub dials.
 *
 * @throws ImpossibleShapeError for fewer than 1 node, or a hub that is not one of them
 */
export function star(nodes: number, options: StarOptions = {}): Edge[] {
  const { hub = 0 } = options;
  assertMinNodes('star', nodes, 1);
  assertIntegerInRange('hub', hub, 0, nodes - 1, nodes);
  const edges: Edge[] = [];
  for (let node = 0; node < nodes; node++) if (node !== hub) edges.push([hub, node]);
  return edges;
}

/**
 * Links every node to every other: n(n - 1)/2 edges. One-way, each dials the nodes after it.
 * @throws ImpossibleShapeError for fewer than 1 node, or too many edges
 */
export function mesh(nodes: number): Edge[] {
  assertMinNodes('mesh', nodes, 1);
  assertMaxEdges('shape', pairCount(nodes));
  const edges: Edge[] = [];
  for (let a = 0; a < nodes; a++) for (let b = a + 1; b < nodes; b++) edges.push([a, b]);
  return edges;
}

/** Options of {@link tree}. */
export interface TreeOptions {
  /** Most children of a node, from 1 to n - 1. @default 2 */
  branching?: number | undefined;
}

/**
 * Makes a tree that is filled level by level from the first node: n - 1 edges. One-way, parents dial their children.
 *
 * @throws ImpossibleShapeError for fewer than 1 node, or a branching that is not from 1 to n - 1
 */
export function tree(nodes: number, options: TreeOptions = {}): Edge[] {
  const { branching = 2 } = options;
  assertMinNodes('tree', nodes, 1);
  assertIntegerInRange('branching', branching, 1, Math.max(1, nodes - 1), nodes);
  return Array.from({ length: nodes - 1 }, (_, index): Edge => [Math.floor(index / branching), index + 1]);
}
