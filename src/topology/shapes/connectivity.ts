import { type Edge, ImpossibleShapeError } from './edge.ts';

/** Options of {@link drawUntilConnected}. */
export interface DrawUntilConnectedOptions {
  /** Parameter that the error names. */
  parameter: string;
  /** Says what would make a connected graph likely. */
  hint: string;
  /** Rough cost of one draw in elementary steps; expensive graphs get fewer tries. */
  cost: number;
}

/**
 * Draws graphs until one is connected. This is rejection sampling: it keeps the probabilities of the connected graphs, which
 * repairing an unconnected graph would not.
 *
 * @throws {@link ImpossibleShapeError} after 10 to 1,000 tries, by cost: these parameters hardly ever give a connected graph.
 */
export function drawUntilConnected(nodes: number, options: DrawUntilConnectedOptions, draw: () => Edge[]): Edge[] {
  const tries = Math.max(10, Math.min(1_000, Math.floor(50_000_000 / Math.max(1, options.cost))));
  for (let attempt = 0; attempt < tries; attempt++) {
    const edges = draw();
    if (isConnected(nodes, edges)) return edges;
  }
  throw new ImpossibleShapeError(
    options.parameter,
    `these parameters hardly ever give a connected graph: none in ${tries} tries`,
    `${options.hint}, or set connected: false`,
  );
}

/** True when every node can be reached from every other, whichever way the edges point. No nodes count as connected. */
export function isConnected(nodes: number, edges: readonly Edge[]): boolean {
  const parent = Array.from({ length: nodes }, (_, node) => node);
  const root = (node: number): number => {
    let at = node;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  let parts = nodes;
  for (const [a, b] of edges) {
    const left = root(a);
    const right = root(b);
    if (left === right) continue;
    parent[left] = right;
    parts--;
  }
  return parts <= 1;
}
