import { hierarchy, tree } from 'd3-hierarchy';
import { breadthFirstSearch } from '../../topology/graph/graph.ts';
import type { Component } from './components.ts';

/** Position in a tree: adjacent siblings are one column or more apart, and the root is at level 0. */
export interface TreePosition {
  column: number;
  level: number;
}

/** Distance between adjacent nodes of a level that have different parents, in columns. */
const COUSIN_DISTANCE = 1.15;

/** Lays out a tree: levels downwards, each parent above the middle of its children, subtrees close together. */
export function layOutTree({ neighbours }: Component, root: number): TreePosition[] {
  const { distance: levels } = breadthFirstSearch(neighbours, root);
  const layOut = tree<number>()
    .nodeSize([1, 1])
    .separation((a, b) => (a.parent === b.parent ? 1 : COUSIN_DISTANCE));
  const nodes = hierarchy(root, (node) => neighbours[node]!.filter((next) => levels[next]! > levels[node]!));
  const positions: TreePosition[] = [];
  layOut(nodes).each(({ data, x, depth }) => {
    positions[data] = { column: x, level: depth };
  });
  return positions;
}
