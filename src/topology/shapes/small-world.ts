import { DEFAULT_SEED, seededRandom } from '../../shared/seeded-random.ts';
import { drawUntilConnected } from './connectivity.ts';
import { assertIntegerInRange, assertMaxEdges, assertMinNodes, type Edge, ImpossibleShapeError } from './edge.ts';

export interface SmallWorldOptions {
  /** Neighbours of each node in the ring before rewiring; even. The paper's k. */
  degree: number;
  /** Chance of each edge to be rewired, 0 to 1. The paper's p. */
  rewire: number;
  seed?: number | undefined;
  /** Draw again until the graph is connected (default true). */
  connected?: boolean | undefined;
}

/**
 * A ring in which each node meets its k nearest, and each edge's far end moves, with chance p, to a node drawn evenly
 * from those that are not yet neighbours: n·k/2 edges. One-way, each node dials the k/2 edges that began with it.
 *
 * D. J. Watts and S. H. Strogatz, "Collective dynamics of 'small-world' networks" (Nature 393, 1998).
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

  const draws = seededRandom(seed);
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
      // A node that meets all others has nowhere to move its edge to.
      if (!draws.chance(rewire) || neighbours[near]!.size === nodes - 1) continue;
      let moved = draws.integerBelow(nodes);
      while (moved === near || neighbours[near]!.has(moved)) moved = draws.integerBelow(nodes);
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
