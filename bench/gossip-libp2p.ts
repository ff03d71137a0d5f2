/**
 * Gossip among js-libp2p nodes with gossipsub in one process: `node dist/bench/gossip-libp2p.js GRAPH SECONDS` prints a
 * GossipResult. Its packages are not dependencies of this project: bench/protocol.ts shows how to install them.
 */
import { GRAPHS, MESSAGE_BYTES, measureGossip, type Network, NODES } from './gossip-graphs.ts';

const [graph = 'ring', seconds = '3'] = process.argv.slice(2);

// The only feature of Node 22 that js-libp2p 3 needs and Node 20 lacks.
(Promise as unknown as Record<string, unknown>).withResolvers ??= () => {
  let resolve: unknown;
  let reject: unknown;
  const promise = new Promise((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
};

/** The part of libp2p that is used here. */
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

/** Returns a function that a package exports, under a name that the compiler cannot see. */
async function load<T = (options?: unknown) => unknown>(packageName: string, name: string): Promise<T> {
  return ((await import(packageName)) as Record<string, T>)[name]!;
}

const TOPIC = 'bench';

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
          // Unsigned, and flooded to every peer, as devnet's messages are.
          pubsub: gossipsub({
            globalSignaturePolicy: 'StrictNoSign',
            floodPublish: true,
            // All nodes have one address here, which gossipsub would take for an attack.
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
    // One after the other: subscriptions are lost while other connections are opened.
    while (known(a) === before[0] || known(b) === before[1]) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  // Heartbeats, one per second, form the mesh of the topic.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  return {
    async publish(node, id) {
      const data = new Uint8Array(MESSAGE_BYTES);
      new DataView(data.buffer).setUint32(0, id);
      await nodes[node]!.services.pubsub.publish(TOPIC, data);
    },
    // A node receives its own messages only if it asks for them.
    delivered: () => received,
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  };
}

const network = await start();
await measureGossip(network, 1);
console.log(JSON.stringify(await measureGossip(network, Number(seconds))));
process.exit(0);
