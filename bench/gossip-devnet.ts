/** Gossip among our nodes, all in one process; `node dist/bench/gossip-devnet.js GRAPH SECONDS` prints a Spread. */
import { createLog, createNode } from '../src/node/index.ts';
import { formatAddress } from '../src/protocol/index.ts';
import { GRAPHS, NEWS_BYTES, type Network, NODES, spread } from './gossip-graphs.ts';

const [graph = 'ring', seconds = '3'] = process.argv.slice(2);

async function start(): Promise<Network> {
  const data = 'x'.repeat(NEWS_BYTES);
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
    async publish(node, news) {
      published++;
      nodes[node]!.gossip({ id: String(news), data });
    },
    // A node counts its own news as received; that is no delivery.
    delivered: () => received - published,
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  };
}

const network = await start();
await spread(network, 1);
console.log(JSON.stringify(await spread(network, Number(seconds))));
await network.stop();
process.exit(0);
