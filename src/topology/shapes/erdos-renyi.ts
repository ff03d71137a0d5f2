import { DEFAULT_SEED, type SeededRandom, seededRandom } from '../../shared/seeded-random.ts';
import { drawUntilConnected } from './connectivity.ts';
import {
  assertIntegerInRange,
  assertMaxEdges,
  assertMinNodes,
  complementEdges,
  type Edge,
  ImpossibleShapeError,
  orientEdges,
  pairCount,
} from './edge.ts';

/** Parameters of a random graph. */
export interface RandomGraphOptions {
  /** Probability that a pair of nodes is an edge, 0 to 1; this or `count`. @default none */
  probability?: number | undefined;
  /** Number of edges; this or `probability`. @default none */
  count?: number | undefined;
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
 * Draws a random graph, by probability (each pair is an edge with probability p: p·n(n - 1)/2 edges on average) or by count (m
 * edges, every such graph equally likely). One-way, each direction is drawn.
 *
 * By count: P. Erdős and A. Rényi, "On random graphs I" (Publicationes Mathematicae 6, 1959). By probability:
 * E. N. Gilbert, "Random graphs" (Annals of Mathematical Statistics 30, 1959).
 * @throws ImpossibleShapeError for parameters that no such graph has
 */
export function erdosRenyi(nodes: number, options: RandomGraphOptions): Edge[] {
  const { probability, count, seed = DEFAULT_SEED, connected = true } = options;
  assertMinNodes('random graph', nodes, 1);
  const random = seededRandom(seed);
  const pairs = pairCount(nodes);
  // Below (ln n)/n links per pair almost every large graph has a node without any (Erdős and Rényi, 1960).
  const threshold = nodes > 1 ? Math.min(1, Math.log(nodes) / nodes) : 0;

  let draw: () => Edge[];
  let parameter: string;
  let hint: string;
  let cost: number;
  if (probability !== undefined && count === undefined) {
    if (!(probability >= 0 && probability <= 1)) {
      throw new ImpossibleShapeError('probability', `expected a number from 0 to 1, got ${probability}`);
    }
    assertMaxEdges('probability', probability * pairs);
    draw = () => drawByProbability(nodes, probability, random);
    parameter = 'probability';
    cost = pairs;
    hint = `use a probability well above ${threshold.toFixed(3)}`;
  } else if (count !== undefined && probability === undefined) {
    assertIntegerInRange('count', count, 0, pairs, nodes);
    assertMaxEdges('count', count);
    if (connected && count < nodes - 1) {
      throw new ImpossibleShapeError(
        'count',
        `${nodes} nodes need at least ${nodes - 1} edges to be connected, got ${count}`,
        `use count: ${nodes - 1} or more, or set connected: false`,
      );
    }
    draw = () => drawByCount(nodes, count, random);
    parameter = 'count';
    cost = count * 4;
    hint = `use a count of ${Math.min(pairs, Math.ceil(threshold * pairs * 1.5))} or more`;
  } else {
    throw new ImpossibleShapeError('shape', 'a random graph takes either probability or count');
  }
  const edges = connected ? drawUntilConnected(nodes, { parameter, hint, cost }, draw) : draw();
  return orientEdges(nodes, edges, random);
}

function drawByProbability(nodes: number, probability: number, random: SeededRandom): Edge[] {
  const edges: Edge[] = [];
  for (let a = 0; a < nodes; a++) {
    for (let b = a + 1; b < nodes; b++) if (random.chance(probability)) edges.push([a, b]);
  }
  return edges;
}

function drawByCount(nodes: number, count: number, random: SeededRandom): Edge[] {
  const pairs = pairCount(nodes);
  // Drawing pairs until they are new is fast while most are free; for a dense graph, draw the missing edges.
  if (count > pairs / 2) return complementEdges(nodes, drawByCount(nodes, pairs - count, random));
  const taken = new Set<number>();
  const edges: Edge[] = [];
  while (edges.length < count) {
    const one = random.integerBelow(nodes);
    const other = random.integerBelow(nodes);
    const pair = Math.min(one, other) * nodes + Math.max(one, other);
    if (one === other || taken.has(pair)) continue;
    taken.add(pair);
    edges.push([one, other]);
  }
  return edges;
}
