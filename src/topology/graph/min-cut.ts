import type { Graph } from './graph.ts';

/**
 * Fewest edges whose loss cuts a graph in two, links taken both ways as one edge: its edge connectivity. 0 where it hangs
 * apart already, and for fewer than two nodes.
 *
 * It is the least degree, or some node of a dominating set is on the other side of the smallest cut than its first one
 * (Esfahanian and Hakimi, Networks 14, 1984): so flows from that one to the others are all it takes.
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
  /** Of each node, the arcs that leave it; arc `a` and its way back `a ^ 1` are one edge. */
  arcs: number[][];
  /** Where each arc leads. */
  ends: number[];
}

function buildFlowNetwork({ nodes, links }: Graph): FlowNetwork {
  const position = new Map(nodes.map((name, at) => [name, at]));
  const arcs = nodes.map((): number[] => []);
  const ends: number[] = [];
  const known = new Set<string>();
  for (const { from, to } of links) {
    const [a, b] = [position.get(from)!, position.get(to)!];
    const edge = a < b ? `${a} ${b}` : `${b} ${a}`;
    if (known.has(edge)) continue;
    known.add(edge);
    arcs[a]!.push(ends.length);
    arcs[b]!.push(ends.length + 1);
    ends.push(b, a);
  }
  return { arcs, ends };
}

/** Nodes of which every other one has a neighbour. */
function dominatingSet({ arcs, ends }: FlowNetwork): number[] {
  const near = new Set<number>();
  return arcs.flatMap((own, node) => {
    if (near.has(node)) return [];
    near.add(node);
    for (const arc of own) near.add(ends[arc]!);
    return [node];
  });
}

/** Most ways from one node to another that share no edge, counted no further than `enough`. */
function maxFlow({ arcs, ends }: FlowNetwork, source: number, sink: number, enough: number): number {
  const left = new Int8Array(ends.length).fill(1);
  for (let ways = 0; ways < enough; ways++) {
    const came = new Int32Array(arcs.length).fill(-1);
    const queue = [source];
    came[source] = -2;
    // The list grows while it is walked: it is the queue, too.
    for (const node of queue) {
      if (node === sink) break;
      for (const arc of arcs[node]!) {
        const next = ends[arc]!;
        if (left[arc]! <= 0 || came[next] !== -1) continue;
        came[next] = arc;
        queue.push(next);
      }
    }
    if (came[sink] === -1) return ways;
    for (let node = sink; node !== source; node = ends[came[node]! ^ 1]!) {
      left[came[node]!]!--;
      left[came[node]! ^ 1]!++;
    }
  }
  return enough;
}
