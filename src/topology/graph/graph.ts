/** A directed graph of nodes by name. */
export interface Graph {
  /** Unique names. */
  nodes: readonly string[];
  /** Directed; unique, and none from a node to itself. Both ends are among the nodes. */
  links: readonly { from: string; to: string }[];
}

/** Minimum, mean and maximum of a number per node. */
export interface MinMeanMax {
  /** 0 where there are no nodes, as the others. */
  min: number;
  /** Not rounded. */
  mean: number;
  /** At least the mean. */
  max: number;
}

/** Metrics of a graph. Hops are counted along the links, the way that gossip travels. */
export interface GraphMetrics {
  /** Number of nodes. */
  nodes: number;
  /** Number of directed links: `a <-> b` is two. */
  links: number;
  /** Links per node. */
  degree: {
    /** Incoming links. */
    in: MinMeanMax;
    /** Outgoing links: a node's peers. */
    out: MinMeanMax;
    /** Different nodes at either end of a node's links. */
    neighbours: MinMeanMax;
  };
  /** Connected components as names of nodes, whichever way the links point; largest first. */
  parts: string[][];
  /** Most hops between any two nodes; null when some node cannot reach another. */
  diameter: number | null;
  /** Mean hops over all ordered pairs of different nodes; null when some node cannot reach another. */
  averagePath: number | null;
  /** Most hops from each node to any other, in the order of the nodes; `hops` is null when some node is out of reach. */
  eccentricity: { node: string; hops: number | null }[];
  /**
   * Mean over the nodes of the share of a node's pairs of neighbours that are neighbours themselves, links taken
   * both ways; a node with fewer than two neighbours counts as 0 (Watts and Strogatz, Nature 393, 1998).
   */
  clustering: number;
  /** Share of the paths of two edges that close into a triangle; 0 when there are none. */
  transitivity: number;
}

/** Returns the graph of a topology. */
export function graphOf(topology: { nodes: readonly { name: string }[]; links: Graph['links'] }): Graph {
  return { nodes: topology.nodes.map(({ name }) => name), links: topology.links };
}

/**
 * Counts the hops along the links from a node to every node that it reaches, itself included, nearest first.
 *
 * @throws RangeError when there is no such node
 */
export function hopsFrom(graph: Graph, from: string): Map<string, number> {
  const { position, out } = buildAdjacency(graph);
  const start = position.get(from);
  if (start === undefined) throw new RangeError(`no node ${JSON.stringify(from)} in the graph`);
  const { order, distance } = breadthFirstSearch(out, start);
  return new Map(order.map((node) => [graph.nodes[node]!, distance[node]!]));
}

/**
 * Computes all metrics, in O(nodes × links) time.
 *
 * @throws RangeError when a link names a node that is not in the graph
 */
export function computeGraphMetrics(graph: Graph): GraphMetrics {
  const { out, into, neighbours } = buildAdjacency(graph);
  const count = graph.nodes.length;

  let diameter: number | null = 0;
  let total = 0;
  const eccentricity = graph.nodes.map((node, position) => {
    const { order, distance } = breadthFirstSearch(out, position);
    for (const reached of order) total += distance[reached]!;
    const farthest = order.length === count ? distance[order.at(-1)!]! : null;
    diameter = farthest === null || diameter === null ? null : Math.max(diameter, farthest);
    return { node, hops: farthest };
  });

  return {
    nodes: count,
    links: graph.links.length,
    degree: { in: degreeStatistics(into), out: degreeStatistics(out), neighbours: degreeStatistics(neighbours) },
    parts: connectedComponents(neighbours).map((part) => part.map((node) => graph.nodes[node]!)),
    diameter,
    averagePath: diameter === null ? null : count < 2 ? 0 : total / (count * (count - 1)),
    eccentricity,
    ...clusteringMetrics(neighbours),
  };
}

/** For each node, by its position, the positions of others. */
export type Adjacency = readonly (readonly number[])[];

function buildAdjacency(graph: Graph): {
  position: Map<string, number>;
  out: Adjacency;
  into: Adjacency;
  neighbours: Adjacency;
} {
  const position = new Map(graph.nodes.map((name, at) => [name, at]));
  const out = graph.nodes.map((): number[] => []);
  const into = graph.nodes.map((): number[] => []);
  for (const link of graph.links) {
    const from = position.get(link.from);
    const to = position.get(link.to);
    if (from === undefined || to === undefined) throw linkOutsideGraphError(link);
    out[from]!.push(to);
    into[to]!.push(from);
  }
  const neighbours = out.map((targets, node) => [...new Set([...targets, ...into[node]!])]);
  return { position, out, into, neighbours };
}

export function linkOutsideGraphError({ from, to }: Graph['links'][number]): RangeError {
  return new RangeError(`a link from ${JSON.stringify(from)} to ${JSON.stringify(to)} leaves the graph`);
}

/** Searches breadth first: returns the nodes reached, nearest first, and the hops to each node (-1 if out of reach). */
export function breadthFirstSearch(adjacency: Adjacency, start: number): { order: number[]; distance: Int32Array } {
  const distance = new Int32Array(adjacency.length).fill(-1);
  distance[start] = 0;
  const order = [start];
  // The list grows during the loop: it is the queue, too.
  for (const node of order) {
    for (const next of adjacency[node]!) {
      if (distance[next] !== -1) continue;
      distance[next] = distance[node]! + 1;
      order.push(next);
    }
  }
  return { order, distance };
}

/** Returns the connected components, largest first, each with its nodes in ascending order. */
export function connectedComponents(neighbours: Adjacency): number[][] {
  const seen = new Set<number>();
  const all: number[][] = [];
  for (let node = 0; node < neighbours.length; node++) {
    if (seen.has(node)) continue;
    const part = breadthFirstSearch(neighbours, node).order.sort((one, other) => one - other);
    for (const member of part) seen.add(member);
    all.push(part);
  }
  return all.sort((one, other) => other.length - one.length);
}

function clusteringMetrics(neighbours: Adjacency): { clustering: number; transitivity: number } {
  const sets = neighbours.map((list) => new Set(list));
  let shares = 0;
  let closed = 0;
  let open = 0;
  for (const list of neighbours) {
    const pairs = (list.length * (list.length - 1)) / 2;
    if (pairs === 0) continue;
    let met = 0;
    for (let one = 0; one < list.length; one++) {
      for (let other = one + 1; other < list.length; other++) if (sets[list[one]!]!.has(list[other]!)) met++;
    }
    shares += met / pairs;
    closed += met;
    open += pairs;
  }
  return {
    clustering: neighbours.length === 0 ? 0 : shares / neighbours.length,
    transitivity: open === 0 ? 0 : closed / open,
  };
}

function degreeStatistics(adjacency: Adjacency): MinMeanMax {
  const degrees = adjacency.map((list) => list.length);
  if (degrees.length === 0) return { min: 0, mean: 0, max: 0 };
  const sum = degrees.reduce((total, degree) => total + degree, 0);
  return {
    min: degrees.reduce((least, degree) => Math.min(least, degree)),
    mean: sum / degrees.length,
    max: degrees.reduce((most, degree) => Math.max(most, degree)),
  };
}
