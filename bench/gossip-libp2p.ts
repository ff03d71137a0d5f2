/**
 * Gossip among js-libp2p nodes with gossipsub, all in one process; `node dist/bench/gossip-libp2p.js GRAPH SECONDS`
 * prints a Spread. Its packages are no dependencies of this project: bench/protocol.ts says how to have them.
 */
import { GRAPHS, NEWS_BYTES, type Network, NODES, spread } from './gossip-graphs.ts';

const [graph = 'ring', seconds = '3'] = process.argv.slice(2);

// js-libp2p 3 uses this of Node 22; it is all that it misses in Node 20.
(Promise as unknown as Record<string, unknown>).withResolvers ??= () => {
  let resolve: unknown;
  let reject: unknown;
  const promise = new Promise((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
};

/** The little of libp2p that is used here. */
interface Peer {
  dial(addresses: unknown): Promise<unknown>;
  getMultiaddrs(): unknown;
  stop(): Promise<void>;
  services: {
    pubsub: {
      subscribe(topic: string): void;
      publish(topic: string, data: Uint8Array): Promise<unknown>;
      getSubscribers(topic: string): unknown[];
      addEventListener(event: 'message', listener: () => void): void;
    };
  };
}

/** A function that a package exports, by names that the compiler need not find. */
async function load<T = (options?: unknown) => unknown>(packageName: string, name: string): Promise<T> {
  return ((await import(packageName)) as Record<string, T>)[name]!;
}

const TOPIC = 'news';

async function start(): Promise<Network> {
  const create = await load<(options: unknown) => Promise<Peer>>('libp2p', 'createLibp2p');
  const tcp = await load('@libp2p/tcp', 'tcp');
  const noise = await load('@chainsafe/libp2p-noise', 'noise');
  const yamux = await load('@chainsafe/libp2p-yamux', 'yamux');
  const gossipsub = await load('@libp2p/gossipsub', 'gossipsub');
  const identify = await load('@libp2p/identify', 'identify');
  const nodes = await Promise.all(
    Array.from({ length: NODES }, () =>
      create({
        addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
        transports: [tcp()],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        connectionManager: { inboundConnectionThreshold: 1_000, maxIncomingPendingConnections: 1_000 },
        services: {
          identify: identify(),
          // Unsigned, and sent to every peer, as ours are.
          pubsub: gossipsub({
            globalSignaturePolicy: 'StrictNoSign',
            floodPublish: true,
            // All are at one address here, which gossipsub takes for an attack.
            scoreParams: { IPColocationFactorWeight: 0 },
            allowPublishToZeroTopicPeers: true,
            msgIdFn: ({ data }: { data: Uint8Array }) => data.subarray(0, 4),
            D: 8,
            Dlo: 1,
            Dhi: NODES,
          }),
        },
      }),
    ),
  );
  let received = 0;
  for (const { services } of nodes) {
    services.pubsub.addEventListener('message', () => received++);
    services.pubsub.subscribe(TOPIC);
  }
  const known = (n: number) => nodes[n]!.services.pubsub.getSubscribers(TOPIC).length;
  for (const [a, b] of GRAPHS[graph]!) {
    const before = [known(a), known(b)] as const;
    await nodes[a]!.dial(nodes[b]!.getMultiaddrs());
    // One after the other: of subscriptions told while other connections are made, some are lost.
    while (known(a) === before[0] || known(b) === before[1]) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  // The mesh of the topic is made by heartbeats, one a second.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  return {
    async publish(node, news) {
      const data = new Uint8Array(NEWS_BYTES);
      new DataView(data.buffer).setUint32(0, news);
      await nodes[node]!.services.pubsub.publish(TOPIC, data);
    },
    // A node is told of what it published itself only if it asks for that.
    delivered: () => received,
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  };
}

const network = await start();
await spread(network, 1);
console.log(JSON.stringify(await spread(network, Number(seconds))));
process.exit(0);
