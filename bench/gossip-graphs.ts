/** The graphs that gossip is measured on. */
export const NODES = 16;
/** Payload of one message. */
export const MESSAGE_BYTES = 200;

/** Pairs of linked nodes, each once; where only one end dials, it is the first. */
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

export interface GossipResult {
  /** Messages received, each counted once for every node but its publisher. */
  deliveries: number;
  seconds: number;
}

/** Network of nodes, as far as a measurement needs it. */
export interface Network {
  /** Publishes a message at a node. */
  publish(node: number, id: number): Promise<unknown>;
  /** Deliveries so far. */
  delivered(): number;
  stop(): Promise<void>;
}

/** Enough to keep a network busy, too few to fill any queue. */
const MESSAGES_IN_FLIGHT = 64;
/** Time without a delivery after which the rest counts as lost. */
const IDLE_TIMEOUT_MS = 3_000;

/** Id of the next message, across all measurements. */
let nextId = 0;

/** Publishes at all nodes in turn for some seconds, a batch at a time, and counts the deliveries. */
export async function measureGossip(network: Network, seconds: number): Promise<GossipResult> {
  let published = 0;
  const began = performance.now();
  const end = began + seconds * 1_000;
  const before = network.delivered();
  while (performance.now() < end) {
    for (let sent = 0; sent < MESSAGES_IN_FLIGHT; sent++) {
      await network.publish(published % NODES, nextId++);
      published++;
    }
    const expected = before + published * (NODES - 1);
    let last = performance.now();
    let seen = network.delivered();
    while (network.delivered() < expected && performance.now() - last < IDLE_TIMEOUT_MS) {
      await new Promise(setImmediate);
      if (network.delivered() === seen) continue;
      seen = network.delivered();
      last = performance.now();
    }
    if (network.delivered() < expected) {
      throw new Error(`only ${network.delivered() - before} of ${expected - before} deliveries arrived`);
    }
  }
  return { deliveries: network.delivered() - before, seconds: (performance.now() - began) / 1_000 };
}
