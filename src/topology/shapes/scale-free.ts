import { DEFAULT_SEED, seededRandom } from '../../shared/seeded-random.ts';
import { star } from './basic-shapes.ts';
import { assertIntegerInRange, assertMaxEdges, assertMinNodes, type Edge } from './edge.ts';

export interface ScaleFreeOptions {
  /** Edges that each new node brings. The paper's m. */
  attach: number;
  seed?: number | undefined;
}

/**
 * A graph that grows node by node, each newcomer meeting m different nodes drawn in proportion to how many neighbours
 * they have: a few hubs, many leaves, always connected. It starts as a star of m + 1 nodes, so it has m(n - m) edges.
 * One-way, the newcomer dials (and the hub of the first star).
 *
 * A.-L. Barabási and R. Albert, "Emergence of scaling in random networks" (Science 286, 1999). The paper leaves the
 * first nodes open; a star is the smallest start that is connected and lets every one of them be drawn.
 */
export function scaleFree(nodes: number, options: ScaleFreeOptions): Edge[] {
  const { attach, seed = DEFAULT_SEED } = options;
  assertMinNodes('scale-free graph', nodes, 2);
  assertIntegerInRange('attach', attach, 1, nodes - 1, nodes);
  assertMaxEdges('attach', attach * (nodes - attach));

  const draws = seededRandom(seed);
  const edges = star(attach + 1);
  // Every node stands here once for each of its edges: an even draw from the list is a draw by degree.
  const ends = edges.flat();
  for (let node = attach + 1; node < nodes; node++) {
    const met = new Set<number>();
    while (met.size < attach) met.add(ends[draws.integerBelow(ends.length)]!);
    for (const other of met) {
      edges.push([node, other]);
      ends.push(node, other);
    }
  }
  return edges;
}
