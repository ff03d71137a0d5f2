import { DEFAULT_SEED, seededRandom } from '../../shared/seeded-random.ts';
import { star } from './basic-shapes.ts';
import { assertIntegerInRange, assertMaxEdges, assertMinNodes, type Edge } from './edge.ts';

/** Parameters of a scale-free graph. */
export interface ScaleFreeOptions {
  /** Edges that each new node brings. The paper's m. */
  attach: number;
  /**
   * Whole number from 0 to 2^32 - 1. The same seed gives the same graph.
   * @default 1
   */
  seed?: number | undefined;
}

/**
 * Grows a graph node by node: each new node is linked to m different nodes, drawn in proportion to their numbers of
 * neighbours. A few hubs, many leaves, always connected. It starts as a star of m + 1 nodes, so it has m(n - m) edges. One-way,
 * the new node dials (and the hub of the first star).
 *
 * A.-L. Barabási and R. Albert, "Emergence of scaling in random networks" (Science 286, 1999). The paper does not
 * specify the first nodes; a star is the smallest connected start in which each can be drawn.
 * @throws ImpossibleShapeError for parameters that no such graph has
 */
export function scaleFree(nodes: number, options: ScaleFreeOptions): Edge[] {
  const { attach, seed = DEFAULT_SEED } = options;
  assertMinNodes('scale-free graph', nodes, 2);
  assertIntegerInRange('attach', attach, 1, nodes - 1, nodes);
  assertMaxEdges('attach', attach * (nodes - attach));

  const random = seededRandom(seed);
  const edges = star(attach + 1);
  // Each node is in the list once for each of its edges: a uniform draw from the list is a draw by degree.
  const ends = edges.flat();
  for (let node = attach + 1; node < nodes; node++) {
    const met = new Set<number>();
    while (met.size < attach) met.add(ends[random.integerBelow(ends.length)]!);
    for (const other of met) {
      edges.push([node, other]);
      ends.push(node, other);
    }
  }
  return edges;
}
