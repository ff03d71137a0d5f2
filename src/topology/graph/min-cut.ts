import { type Graph, linkOutsideGraphError } from './graph.ts';

/**
 * Returns the fewest edges whose removal disconnects a graph (its edge connectivity); a two-way link is one edge. 0 for a graph
 * that is disconnected already, and for fewer than two nodes.
 *
 * The minimum cut is the least degree, or it separates the first node of a dominating set from another one of the set
 * (Esfahanian and Hakimi, Networks 14, 1984). So maximum flows from that node to the others are enough.
 *
 * @throws RangeError when a link names a node that is not in the graph
 */
export function minimumCut(graph: Graph): number {
  const network = buildFlowNetwork(graph);
  const degrees = network.arcs.map((arcs) => arcs.length);
  let least = degrees.length < 2 ? 0 : Math.min(...degrees);
  const [source, ...sinks] = dominatingSet(network);
  for (const sink of sinks) {
    if (least === 0) break;
    least = maxFlow(network, source!, sink, least);
  }
  return least;
}

interface FlowNetwork {
  /** Outgoing arcs of each node; arc `a` and the reverse arc `a ^ 1` are one edge. */
  arcs: number[][];
  /** Target of each arc. */
  ends: number[];
}

function buildFlowNetwork({ nodes, links }: Graph): FlowNetwork {
  const position = new Map(nodes.map((name, at) => [name, at]));
  const arcs = nodes.map((): number[] => []);
  const ends: number[] = [];
  const known = new Set<string>();
  for (const { from, to } of links) {
    const [a, b] = [position.get(from), position.get(to)];
    if (a === undefined || b === undefined) throw linkOutsideGraphError({ from, to });
    const edge = a < b ? `${a} ${b}` : `${b} ${a}`;
    if (known.has(edge)) continue;
    known.add(edge);
    arcs[a]!.push(ends.length);
    arcs[b]!.push(ends.length + 1);
    ends.push(b, a);
  }
  return { arcs, ends };
}

/** Returns nodes such that every other node has one of them as a neighbour. */
function dominatingSet({ arcs, ends }: FlowNetwork): number[] {
  const near = new Set<number>();
  return arcs.flatMap((own, node) => {
    if (near.has(node)) return [];
    near.add(node);
    for (const arc of own) near.add(ends[arc]!);
    return [node];
  });
}

/** Counts the paths from one node to another that share no edge, up to `enough`. */
function maxFlow({ arcs, ends }: FlowNetwork, source: number, sink: number, enough: number): number {
  const capacity = new Int8Array(ends.length).fill(1);
  for (let paths = 0; paths < enough; paths++) {
    const arrivedBy = new Int32Array(arcs.length).fill(-1);
    const queue = [source];
    arrivedBy[source] = -2;
    // The list grows during the loop: it is the queue, too.
    for (const node of queue) {
      if (node === sink) break;
      for (const arc of arcs[node]!) {
        const next = ends[arc]!;
        if (capacity[arc]! <= 0 || arrivedBy[next] !== -1) continue;
        arrivedBy[next] = arc;
        queue.push(next);
      }
    }
    if (arrivedBy[sink] === -1) return paths;
    for (let node = sink; node !== source; node = ends[arrivedBy[node]! ^ 1]!) {
      capacity[arrivedBy[node]!]!--;
      capacity[arrivedBy[node]! ^ 1]!++;
    }
  }
  return enough;
}
