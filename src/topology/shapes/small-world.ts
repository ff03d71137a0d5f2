import { DEFAULT_SEED, seededRandom } from '../../shared/seeded-random.ts';
import { drawUntilConnected } from './connectivity.ts';
import { assertIntegerInRange, assertMaxEdges, assertMinNodes, type Edge, ImpossibleShapeError } from './edge.ts';

/** Parameters of a small-world graph. */
export interface SmallWorldOptions {
  /** Neighbours of each node in the ring before rewiring; even. The paper's k. */
  degree: number;
  /** Probability that an edge is rewired, 0 to 1. The paper's p. */
  rewire: number;
  /**
   * Whole number from 0 to 2^32 - 1. The same seed gives the same graph.
   * @default 1
   */
  seed?: number | undefined;
  /**
   * Draw again until the graph is connected.
   * @default true
   */
  connected?: boolean | undefined;
}

/**
 * Links each node of a ring to its k nearest, then moves the far end of each edge, with probability p, to a node drawn
 * uniformly from those that are not yet neighbours: n·k/2 edges. One-way, each node dials its next k/2 before rewiring.
 *
 * D. J. Watts and S. H. Strogatz, "Collective dynamics of 'small-world' networks" (Nature 393, 1998).
 * @throws ImpossibleShapeError for parameters that no such graph has
 */
export function smallWorld(nodes: number, options: SmallWorldOptions): Edge[] {
  const { degree, rewire, seed = DEFAULT_SEED, connected = true } = options;
  assertMinNodes('small world', nodes, 3);
  assertIntegerInRange('degree', degree, 2, nodes - 1, nodes);
  if (degree % 2 !== 0) {
    const possible = [degree - 1, degree + 1].filter((even) => even >= 2 && even < nodes);
    throw new ImpossibleShapeError(
      'degree',
      `expected an even number (half of the neighbours on each side), got ${degree}`,
      `use ${possible.join(' or ')}`,
    );
  }
  if (!(rewire >= 0 && rewire <= 1)) {
    throw new ImpossibleShapeError('rewire', `expected a number from 0 to 1, got ${rewire}`);
  }
  assertMaxEdges('degree', (nodes * degree) / 2);

  const random = seededRandom(seed);
  const draw = () => {
    const neighbours = Array.from({ length: nodes }, () => new Set<number>());
    const join = (a: number, b: number) => {
      neighbours[a]!.add(b);
      neighbours[b]!.add(a);
    };
    const edges: [number, number][] = [];
    for (let step = 1; step <= degree / 2; step++) {
      for (let node = 0; node < nodes; node++) {
        edges.push([node, (node + step) % nodes]);
        join(node, (node + step) % nodes);
      }
    }
    for (const edge of edges) {
      const [near, far] = edge;
      // A node that is linked to all others has nowhere to move its edge to.
      if (!random.chance(rewire) || neighbours[near]!.size === nodes - 1) continue;
      let moved = random.integerBelow(nodes);
      while (moved === near || neighbours[near]!.has(moved)) moved = random.integerBelow(nodes);
      neighbours[near]!.delete(far);
      neighbours[far]!.delete(near);
      join(near, moved);
      edge[1] = moved;
    }
    return edges;
  };
  const guard = { parameter: 'rewire', hint: 'use a higher degree or a lower rewire', cost: nodes * degree * 4 };
  return connected ? drawUntilConnected(nodes, guard, draw) : draw();
}
