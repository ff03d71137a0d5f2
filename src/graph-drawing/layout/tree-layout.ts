import { breadthFirstSearch } from '../../topology/graph/graph.ts';
import type { Component } from './components.ts';

/** Position in a tree: adjacent nodes of a level are one column or more apart, and the root is at level 0. */
export interface TreePosition {
  column: number;
  level: number;
}

/** Space between two subtrees below the level of siblings, in columns. */
const SUBTREE_GAP = 1.15;

/**
 * Lays out a tree: levels downwards, each parent above the middle of its children, subtrees as close as their outlines
 * allow, and symmetric trees symmetric.
 */
export function layOutTree({ neighbours }: Component, root: number): TreePosition[] {
  const { order, distance: levels } = breadthFirstSearch(neighbours, root);
  const children = neighbours.map((list, node) => list.filter((next) => levels[next]! > levels[node]!));
  /** Outline of each node's subtree: leftmost and rightmost column of each level below it, relative to the node. */
  const outlines: [left: number, right: number][][] = [];
  /** Column of each node, relative to its parent. */
  const offsets = new Float64Array(neighbours.length);
  for (const node of order.toReversed()) {
    const merged: [number, number][] = [];
    const starts = children[node]!.map((child) => {
      const outline = outlines[child]!;
      outlines[child] = [];
      const shared = Math.min(merged.length, outline.length);
      let start = 0;
      for (let level = 0; level < shared; level++)
        start = Math.max(start, merged[level]![1] - outline[level]![0] + (level === 0 ? 1 : SUBTREE_GAP));
      outline.forEach(([left, right], level) => {
        const before = merged[level];
        if (before) before[1] = start + right;
        else merged[level] = [start + left, start + right];
      });
      return start;
    });
    const middle = starts.length === 0 ? 0 : (starts[0]! + starts.at(-1)!) / 2;
    children[node]!.forEach((child, index) => {
      offsets[child] = starts[index]! - middle;
    });
    outlines[node] = [[0, 0], ...merged.map(([left, right]): [number, number] => [left - middle, right - middle])];
  }
  const positions: TreePosition[] = [];
  for (const node of order) {
    const parent = neighbours[node]!.find((other) => levels[other]! < levels[node]!);
    const parentColumn = parent === undefined ? 0 : positions[parent]!.column;
    positions[node] = { column: parentColumn + offsets[node]!, level: levels[node]! };
  }
  return positions;
}
