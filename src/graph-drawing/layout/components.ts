import { connectedComponents } from '../../topology/graph/graph.ts';
import { type DrawnEdge, drawnEdgesOf, type GraphViewLink, type GraphViewNode } from './graph-view.ts';

/** Connected component. Its nodes are numbered in declared order; `edges` and `neighbours` use these numbers. */
export interface Component {
  /** Index of each node in the view. */
  members: number[];
  edges: [number, number][];
  neighbours: number[][];
  /** True if no two nodes dial each other. */
  oneWay: boolean;
}

/**
 * Returns the connected components of the declared graph, largest first. Extra links do not count, so that a network with
 * drift is drawn like the declared one.
 */
export function findComponents(nodes: readonly GraphViewNode[], links: readonly GraphViewLink[]): Component[] {
  // Without states: two links between the same nodes are one edge, however they were found.
  const declared = links.filter(({ state }) => state !== 'extra').map(({ from, to }) => ({ from, to }));
  const edges = drawnEdgesOf(nodes, declared);
  const neighbours = nodes.map((): number[] => []);
  for (const { a, b } of edges) {
    neighbours[a]!.push(b);
    neighbours[b]!.push(a);
  }
  return connectedComponents(neighbours)
    .filter(([first]) => nodes[first!]!.state !== 'foreign')
    .map((members) => buildComponent(members, edges, neighbours));
}

function buildComponent(members: number[], edges: readonly DrawnEdge[], neighbours: readonly number[][]): Component {
  const numberOf = new Map(members.map((node, number) => [node, number]));
  const inside = members.length === neighbours.length ? edges : edges.filter(({ a }) => numberOf.has(a));
  return {
    members,
    edges: inside.map(({ a, b }) => [numberOf.get(a)!, numberOf.get(b)!]),
    neighbours: members.map((node) => neighbours[node]!.map((other) => numberOf.get(other)!).sort((a, b) => a - b)),
    oneWay: inside.every(({ twoWay }) => !twoWay),
  };
}
