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
  orientEdges,
} from './edge.ts';

/** Parameters of a regular graph. */
export interface RegularOptions {
  /** Neighbours of each node. */
  degree: number;
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
 * Draws a random graph in which every node has d neighbours: n·d/2 edges. One-way, each direction is drawn.
 *
 * Pairing as in A. Steger and N. Wormald, "Generating random regular graphs quickly" (Combinatorics, Probability and
 * Computing 8, 1999): close to uniform over all d-regular graphs while d is small compared to n.
 * @throws ImpossibleShapeError for parameters that no such graph has
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

  const random = seededRandom(seed);
  // Pairing gets stuck more often the denser the graph is, so for a dense graph it draws the missing edges.
  const dense = degree > (nodes - 1) / 2;
  const draw = () =>
    dense ? complementEdges(nodes, pairUp(nodes, nodes - 1 - degree, random)) : pairUp(nodes, degree, random);
  const hint = degree === 2 ? 'use degree 3 or more, or shape ring' : 'use a higher degree';
  const edges = connected
    ? drawUntilConnected(nodes, { parameter: 'degree', hint, cost: nodes * degree * 4 }, draw)
    : draw();
  return orientEdges(nodes, edges, random);
}

function pairUp(nodes: number, degree: number, random: SeededRandom): Edge[] {
  for (;;) {
    const edges = tryPairing(nodes, degree, random);
    if (edges !== undefined) return edges;
  }
}

/** Runs the pairing once; undefined when the remaining points cannot be paired. */
function tryPairing(nodes: number, degree: number, random: SeededRandom): Edge[] | undefined {
  // Every node has one point for each edge that it still lacks. Two free points are drawn, and joined if allowed.
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
    const first = random.integerBelow(free.length);
    const second = random.integerBelow(free.length);
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
