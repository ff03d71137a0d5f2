/** The graphs that gossip is measured on. */
export const NODES = 16;
/** Bytes of one piece of news. */
export const NEWS_BYTES = 200;

/** Pairs of nodes that are linked, each once; where only one end dials, it is the first. */
export type Graph = (readonly [number, number])[];

const steps = (...distances: number[]): Graph =>
  distances.flatMap((distance) =>
    Array.from({ length: NODES }, (_, node) => [node, (node + distance) % NODES] as const),
  );

export const GRAPHS: Record<string, Graph> = {
  ring: steps(1),
  star: Array.from({ length: NODES - 1 }, (_, leaf) => [leaf + 1, 0] as const),
  '6-regular': steps(1, 2, 5),
};

/** What one measurement gave. */
export interface Spread {
  /** Pieces of news that came, each at each node but its first counted once. */
  deliveries: number;
  seconds: number;
}

/** What one measurement needs of a network of nodes. */
export interface Network {
  /** Gives a piece of news to a node. */
  publish(node: number, news: number): Promise<unknown>;
  /** Deliveries so far. */
  delivered(): number;
  stop(): Promise<void>;
}

/** News on their way at once: enough to keep a network busy, too few to fill any queue. */
const WINDOW = 64;
/** How long (ms) a network may stand still before what has come is taken as all that will. */
const PATIENCE = 3_000;

/** Number of the next piece of news, over all measurements. */
let next = 0;

/** Publishes at all nodes in turn for some seconds, a window at a time, and counts what comes. */
export async function spread(network: Network, seconds: number): Promise<Spread> {
  let published = 0;
  const began = performance.now();
  const end = began + seconds * 1_000;
  const before = network.delivered();
  while (performance.now() < end) {
    for (let some = 0; some < WINDOW; some++) {
      await network.publish(published % NODES, next++);
      published++;
    }
    const expected = before + published * (NODES - 1);
    let last = performance.now();
    let seen = network.delivered();
    while (network.delivered() < expected && performance.now() - last < PATIENCE) {
      await new Promise(setImmediate);
      if (network.delivered() === seen) continue;
      seen = network.delivered();
      last = performance.now();
    }
    if (network.delivered() < expected) {
      throw new Error(`only ${network.delivered() - before} of ${expected - before} deliveries came`);
    }
  }
  return { deliveries: network.delivered() - before, seconds: (performance.now() - began) / 1_000 };
}
