import { DEFAULT_SEED, random } from '../random.ts';
import { untilConnected } from './connected.ts';
import { demandNodes, demandRoom, demandWhole, type Edge, ImpossibleShape } from './edge.ts';

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
  demandNodes('small world', nodes, 3);
  demandWhole('degree', degree, 2, nodes - 1, nodes);
  if (degree % 2 !== 0) {
    const possible = [degree - 1, degree + 1].filter((even) => even >= 2 && even < nodes);
    throw new ImpossibleShape(
      'degree',
      `expected an even number (half of the neighbours on each side), got ${degree}`,
      `use ${possible.join(' or ')}`,
    );
  }
  if (!(rewire >= 0 && rewire <= 1)) {
    throw new ImpossibleShape('rewire', `expected a number from 0 to 1, got ${rewire}`);
  }
  demandRoom('degree', (nodes * degree) / 2);

  const draws = random(seed);
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
      let moved = draws.below(nodes);
      while (moved === near || neighbours[near]!.has(moved)) moved = draws.below(nodes);
      neighbours[near]!.delete(far);
      neighbours[far]!.delete(near);
      join(near, moved);
      edge[1] = moved;
    }
    return edges;
  };
  const guard = { parameter: 'rewire', hint: 'use a higher degree or a lower rewire', cost: nodes * degree * 4 };
  return connected ? untilConnected(nodes, guard, draw) : draw();
}
