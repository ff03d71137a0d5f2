import { breadthFirstSearch, type Component } from './components.ts';

/** A tree's nodes in a drawing: columns are in steps of one between neighbours on a level, levels count from the root. */
export interface TreePosition {
  column: number;
  level: number;
}

/**
 * Levels downwards, parents above the middle of their children, subtrees as near to each other as their outlines
 * allow; a tree like itself in a mirror is drawn so.
 */
export function layOutTree(part: Component, root: number): TreePosition[] {
  const { order, hops } = breadthFirstSearch(part, root);
  const children = part.neighbours.map((list, node) => list.filter((next) => hops[next]! > hops[node]!));
  /** Of a node's subtree, by level below it: the leftmost and rightmost column, seen from the node. */
  const outlines: [left: number, right: number][][] = [];
  const offset = new Float64Array(part.members.length);
  for (const node of order.toReversed()) {
    const merged: [number, number][] = [];
    const starts: number[] = [];
    for (const child of children[node]!) {
      const outline = outlines[child]!;
      const shared = Math.min(merged.length, outline.length);
      let start = 0;
      for (let level = 0; level < shared; level++) {
        start = Math.max(start, merged[level]![1] - outline[level]![0] + (level === 0 ? 1 : 1.15));
      }
      outline.forEach(([left, right], level) => {
        const before = merged[level];
        if (before) before[1] = start + right;
        else merged[level] = [start + left, start + right];
      });
      starts.push(start);
      outlines[child] = [];
    }
    const middle = starts.length === 0 ? 0 : (starts[0]! + starts.at(-1)!) / 2;
    children[node]!.forEach((child, at) => {
      offset[child] = starts[at]! - middle;
    });
    outlines[node] = [[0, 0], ...merged.map(([left, right]): [number, number] => [left - middle, right - middle])];
  }
  const places: TreePosition[] = [];
  for (const node of order) {
    const parent = part.neighbours[node]!.find((other) => hops[other]! < hops[node]!);
    places[node] = { column: (parent === undefined ? 0 : places[parent]!.column) + offset[node]!, level: hops[node]! };
  }
  return places;
}
