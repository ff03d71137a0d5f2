import { DEFAULT_SEED, type Random, random } from '../random.ts';
import { untilConnected } from './connected.ts';
import { complement, demandNodes, demandRoom, demandWhole, type Edge, ImpossibleShape, pairs } from './edge.ts';
import { settle } from './orient.ts';

export interface RandomOptions {
  /** Chance of each pair of nodes to be an edge, 0 to 1; this or `count`. */
  probability?: number | undefined;
  /** Number of edges; this or `probability`. */
  count?: number | undefined;
  seed?: number | undefined;
  /** Draw again until the graph is connected (default true). */
  connected?: boolean | undefined;
}

/**
 * A random graph, by probability (each pair is an edge with chance p: p·n(n - 1)/2 edges on average) or by count
 * (m edges, every such graph equally likely).
 *
 * By count: P. Erdős and A. Rényi, "On random graphs I" (Publicationes Mathematicae 6, 1959). By probability:
 * E. N. Gilbert, "Random graphs" (Annals of Mathematical Statistics 30, 1959).
 */
export function erdosRenyi(nodes: number, options: RandomOptions): Edge[] {
  const { probability, count, seed = DEFAULT_SEED, connected = true } = options;
  demandNodes('random graph', nodes, 1);
  const draws = random(seed);
  const most = pairs(nodes);
  // Below (ln n)/n links per pair almost every large graph has a node without any (Erdős and Rényi, 1960).
  const threshold = nodes > 1 ? Math.min(1, Math.log(nodes) / nodes) : 0;

  let draw: () => Edge[];
  let parameter: string;
  let hint: string;
  let cost: number;
  if (probability !== undefined && count === undefined) {
    if (!(probability >= 0 && probability <= 1)) {
      throw new ImpossibleShape('probability', `expected a number from 0 to 1, got ${probability}`);
    }
    demandRoom('probability', probability * most);
    draw = () => byProbability(nodes, probability, draws);
    parameter = 'probability';
    cost = most;
    hint = `use a probability well above ${threshold.toFixed(3)}`;
  } else if (count !== undefined && probability === undefined) {
    demandWhole('count', count, 0, most, nodes);
    demandRoom('count', count);
    if (connected && count < nodes - 1) {
      throw new ImpossibleShape(
        'count',
        `${nodes} nodes need at least ${nodes - 1} edges to be connected, got ${count}`,
        `use count: ${nodes - 1} or more, or set connected: false`,
      );
    }
    draw = () => byCount(nodes, count, draws);
    parameter = 'count';
    cost = count * 4;
    hint = `use a count of ${Math.min(most, Math.ceil(threshold * most * 1.5))} or more`;
  } else {
    throw new ImpossibleShape('shape', 'a random graph takes either probability or count');
  }
  const edges = connected ? untilConnected(nodes, { parameter, hint, cost }, draw) : draw();
  return settle(nodes, edges, draws);
}

function byProbability(nodes: number, probability: number, draws: Random): Edge[] {
  const edges: Edge[] = [];
  for (let a = 0; a < nodes; a++) {
    for (let b = a + 1; b < nodes; b++) if (draws.chance(probability)) edges.push([a, b]);
  }
  return edges;
}

function byCount(nodes: number, count: number, draws: Random): Edge[] {
  const most = pairs(nodes);
  // Drawing pairs until they are new is quick while most are free; of a dense graph, draw the pairs that it lacks.
  if (count > most / 2) return complement(nodes, byCount(nodes, most - count, draws));
  const taken = new Set<number>();
  const edges: Edge[] = [];
  while (edges.length < count) {
    const one = draws.below(nodes);
    const other = draws.below(nodes);
    const pair = Math.min(one, other) * nodes + Math.max(one, other);
    if (one === other || taken.has(pair)) continue;
    taken.add(pair);
    edges.push([one, other]);
  }
  return edges;
}
