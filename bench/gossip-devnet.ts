/** Gossip among devnet's nodes in one process: `node dist/bench/gossip-devnet.js GRAPH SECONDS` prints a GossipResult. */
import { createLog, createNode } from '../src/node/index.ts';
import { formatAddress } from '../src/protocol/index.ts';
import { GRAPHS, MESSAGE_BYTES, measureGossip, type Network, NODES } from './gossip-graphs.ts';

const [graph = 'ring', seconds = '3'] = process.argv.slice(2);

async function start(): Promise<Network> {
  const data = 'x'.repeat(MESSAGE_BYTES);
  let received = 0;
  const log = {
    ...createLog({ node: 'bench', level: 'error', write: () => {} }),
    info: (event: string) => void (event === 'gossip_received' && received++),
  };
  const limits = { linkMessagesPerSecond: 1e9, linkMessagesBurst: 1e9 };
  const nodes = Array.from({ length: NODES }, (_, n) =>
    createNode({ name: `n${n}`, host: '127.0.0.1', port: 0, log, limits }),
  );
  const addresses = await Promise.all(nodes.map((node) => node.start()));
  for (const [a, b] of GRAPHS[graph]!) {
    nodes[a]!.addPeer(formatAddress(addresses[b]!));
    nodes[b]!.addPeer(formatAddress(addresses[a]!));
  }
  while (!nodes.every((node) => node.status().peers.every(({ mode }) => mode === 'link'))) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  let published = 0;
  return {
    async publish(node, id) {
      published++;
      nodes[node]!.gossip({ id: String(id), data });
    },
    // A node counts its own messages as received, which are no deliveries.
    delivered: () => received - published,
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  };
}

const network = await start();
await measureGossip(network, 1);
console.log(JSON.stringify(await measureGossip(network, Number(seconds))));
await network.stop();
process.exit(0);
