import { type DrawnEdge, drawnEdgesOf, type GraphViewLink, type GraphViewNode } from './graph-view.ts';

/** Nodes that hang together, with the lines between them. Nodes go by their place in the part, in declared order. */
export interface Component {
  /** Where each node stands among the picture's. */
  members: number[];
  edges: [number, number][];
  neighbours: number[][];
  /** Whether no two nodes dial each other. */
  oneWay: boolean;
}

/**
 * The connected parts of what was declared, largest first. Links that are only found, not declared, do not count: a
 * devnet with drift is drawn like the one that was declared.
 */
export function findComponents(nodes: readonly GraphViewNode[], links: readonly GraphViewLink[]): Component[] {
  const declared = links.filter(({ state }) => state !== 'extra');
  // How the links were found does not matter here either: two links between the same nodes are one edge.
  const lines = drawnEdgesOf(
    nodes,
    declared.map(({ from, to }) => ({ from, to })),
  );
  const neighbours = nodes.map((): number[] => []);
  for (const { a, b } of lines) {
    neighbours[a]!.push(b);
    neighbours[b]!.push(a);
  }
  const partOf = new Int32Array(nodes.length).fill(-1);
  const members: number[][] = [];
  for (let start = 0; start < nodes.length; start++) {
    if (partOf[start] !== -1 || nodes[start]!.state === 'foreign') continue;
    const found = [start];
    partOf[start] = members.length;
    for (const node of found) {
      for (const next of neighbours[node]!) {
        if (partOf[next] !== -1) continue;
        partOf[next] = members.length;
        found.push(next);
      }
    }
    members.push(found.sort((one, other) => one - other));
  }
  return members
    .map((list) => buildComponent(list, lines, neighbours))
    .sort((one, other) => other.members.length - one.members.length || one.members[0]! - other.members[0]!);
}

function buildComponent(members: number[], lines: readonly DrawnEdge[], neighbours: readonly number[][]): Component {
  const place = new Map(members.map((node, at) => [node, at]));
  const inside = members.length === neighbours.length ? lines : lines.filter(({ a }) => place.has(a));
  return {
    members,
    edges: inside.map(({ a, b }) => [place.get(a)!, place.get(b)!]),
    neighbours: members.map((node) => neighbours[node]!.map((other) => place.get(other)!).sort((a, b) => a - b)),
    oneWay: inside.every(({ twoWay }) => !twoWay),
  };
}

/** Hops from a node to all others, and the nodes nearest first. */
export function breadthFirstSearch(part: Component, start: number): { order: number[]; hops: Int32Array } {
  const hops = new Int32Array(part.members.length).fill(-1);
  hops[start] = 0;
  const order = [start];
  for (const node of order) {
    for (const next of part.neighbours[node]!) {
      if (hops[next] !== -1) continue;
      hops[next] = hops[node]! + 1;
      order.push(next);
    }
  }
  return { order, hops };
}
