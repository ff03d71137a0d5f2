import { DEFAULT_SEED, type SeededRandom, seededRandom } from '../../shared/seeded-random.ts';
import { pluralize } from '../../shared/text.ts';
import { drawUntilConnected } from './connectivity.ts';
import {
  assertIntegerInRange,
  assertMaxEdges,
  assertMinNodes,
  complementEdges,
  type Edge,
  ImpossibleShapeError,
} from './edge.ts';
import { orientEdges } from './orient-edges.ts';

export interface RegularOptions {
  /** Neighbours of each node. */
  degree: number;
  seed?: number | undefined;
  /** Draw again until the graph is connected (default true). */
  connected?: boolean | undefined;
}

/**
 * A random graph in which every node has the same number of neighbours d: n·d/2 edges.
 *
 * Pairing as in A. Steger and N. Wormald, "Generating random regular graphs quickly" (Combinatorics, Probability and
 * Computing 8, 1999): near to uniform over all d-regular graphs as long as d is small beside n.
 */
export function regular(nodes: number, options: RegularOptions): Edge[] {
  const { degree, seed = DEFAULT_SEED, connected = true } = options;
  assertMinNodes('regular graph', nodes, 2);
  assertIntegerInRange('degree', degree, 1, nodes - 1, nodes);
  if ((nodes * degree) % 2 !== 0) {
    const hint = [degree - 1, degree + 1].filter((even) => even > 0 && even < nodes).join(' or ');
    throw new ImpossibleShapeError(
      'degree',
      `no graph has ${pluralize(nodes, 'node')} of degree ${degree}: nodes × degree must be even`,
      `use degree ${hint}, or an even number of nodes`,
    );
  }
  if (connected && degree === 1 && nodes > 2) {
    throw new ImpossibleShapeError(
      'degree',
      `a graph of degree 1 is ${nodes / 2} separate pairs, never connected`,
      'use degree 2 or more, or set connected: false',
    );
  }
  assertMaxEdges('degree', (nodes * degree) / 2);

  const draws = seededRandom(seed);
  // Pairing gets stuck more often the denser the graph is, so of a dense one it draws what is missing.
  const dense = degree > (nodes - 1) / 2;
  const draw = () =>
    dense ? complementEdges(nodes, pairUp(nodes, nodes - 1 - degree, draws)) : pairUp(nodes, degree, draws);
  const hint = degree === 2 ? 'use degree 3 or more, or shape ring' : 'use a higher degree';
  const edges = connected
    ? drawUntilConnected(nodes, { parameter: 'degree', hint, cost: nodes * degree * 4 }, draw)
    : draw();
  return orientEdges(nodes, edges, draws);
}

function pairUp(nodes: number, degree: number, draws: SeededRandom): Edge[] {
  for (;;) {
    const edges = tryPairing(nodes, degree, draws);
    if (edges !== undefined) return edges;
  }
}

/** One run of the pairing; undefined when what is left cannot be paired. */
function tryPairing(nodes: number, degree: number, draws: SeededRandom): Edge[] | undefined {
  // Every node has one point for each edge that it still lacks; two free points are drawn and joined, if they may be.
  const free = Array.from({ length: nodes * degree }, (_, point) => Math.floor(point / degree));
  const joined = new Set<number>();
  const mayJoin = (a: number, b: number) => a !== b && !joined.has(Math.min(a, b) * nodes + Math.max(a, b));
  const take = (index: number) => {
    const last = free.pop()!;
    if (index < free.length) free[index] = last;
  };
  const edges: Edge[] = [];
  let misses = 0;
  while (free.length > 0) {
    const first = draws.integerBelow(free.length);
    const second = draws.integerBelow(free.length);
    const a = free[first]!;
    const b = free[second]!;
    if (mayJoin(a, b)) {
      joined.add(Math.min(a, b) * nodes + Math.max(a, b));
      edges.push([a, b]);
      take(Math.max(first, second));
      take(Math.min(first, second));
      misses = 0;
    } else if (++misses > 2 * free.length) {
      const left = [...new Set(free)];
      if (!left.some((one, index) => left.slice(index + 1).some((other) => mayJoin(one, other)))) return undefined;
      misses = 0;
    }
  }
  return edges;
}
