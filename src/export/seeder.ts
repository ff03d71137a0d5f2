import { DevnetError } from '../shared/errors.ts';
import { pluralize } from '../shared/text.ts';
import type { Topology } from '../topology/model/topology.ts';

/** Longest argument of a program on Linux, without the NUL at its end (MAX_ARG_STRLEN). */
const MAX_ARGUMENT_BYTES = 131_071;
/** Linux takes 2 MiB of arguments, and a Kubernetes cluster about 1.5 MiB of manifest: this leaves room for the rest. */
const MAX_ARGUMENTS_BYTES = 1_000_000;

/**
 * Program for `node -e` that seeds the links where no controller does; its arguments are the nodes. It needs nothing but
 * node, works with any node (one message per connection), and may run again: it adds nothing twice.
 *
 * It does in small what `LinkReconciler` does, and cannot share its code: it is read in compose.yaml by people, and must
 * hold no dollar sign, which Compose and Kubernetes would replace.
 */
export const SEEDER_SCRIPT = String.raw`// Arguments: one for each node, "NAME HOST:PORT PEER...". Adds its peers to every node, then asks the node for them.
const net = require('net');
const dns = require('dns').promises;

const TIMEOUT_MS = 1000 * (process.env.SEED_TIMEOUT || 60); // for nodes to listen, and then for each to take its peers
const REPLY_TIMEOUT_MS = 2000;
const RETRY_INTERVAL_MS = 250;
const MAX_CONCURRENT_NODES = 64;

// The first process of a container ignores SIGTERM otherwise.
process.on('SIGTERM', () => process.exit(143));

const nodes = new Map();
for (const argument of process.argv.slice(1)) {
  const [name, address, ...peers] = argument.split(' ');
  nodes.set(name, { name, address, peers, listens: false });
}

// Splits "host:port" at the last colon.
function splitAddress(address) {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: address.slice(colon + 1) };
}

// Sends one message on a connection of its own. Resolves to the reply, or to null without one; rejects if nothing listens.
function request(address, message) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(splitAddress(address));
    const timer = setTimeout(() => socket.destroy(), REPLY_TIMEOUT_MS);
    let connected = false;
    let reply = null;
    let text = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => {
      connected = true;
      if (message) socket.write(JSON.stringify(message) + '\n\n');
      else socket.destroy();
    });
    socket.on('data', (part) => {
      text += part;
      try {
        reply = JSON.parse(text.trim().split('\n\n')[0]);
      } catch {
        return; // Not complete yet.
      }
      socket.destroy();
    });
    socket.on('error', () => {}); // 'close' follows.
    socket.on('close', () => {
      clearTimeout(timer);
      if (connected) resolve(reply);
      else reject(new Error('does not listen at ' + address));
    });
  });
}

async function forEachNode(work) {
  const queue = nodes.values();
  const worker = async () => {
    for (const node of queue) await work(node);
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT_NODES }, worker));
}

// Retries until the attempt succeeds or the deadline passes; throws the last error.
async function retry(deadline, attempt) {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_INTERVAL_MS));
  }
}

async function addPeer(node, peer, deadline) {
  for (const { name, address, listens } of [node, peer]) {
    if (!listens) throw new Error(name + ' does not listen at ' + address);
  }
  await retry(deadline, async () => {
    const reply = await request(node.address, { message_type: 'add_peer', payload: peer.address });
    // A node need not reply. If it refuses, it may be "rate_limited", so try again.
    if (reply && reply.message_type === 'error') throw new Error(node.name + ' refused: ' + JSON.stringify(reply.payload));
  });
}

// Resolves to the addresses that a node dials, or to null if it does not say.
async function getPeers(node) {
  const reply = await request(node.address, { message_type: 'get_peers' });
  return reply && reply.message_type === 'peers' && Array.isArray(reply.payload) ? reply.payload : null;
}

// True if the peers include an address, or the IP address that its host name stands for.
async function includesAddress(peers, address) {
  if (peers.includes(address)) return true;
  const { host, port } = splitAddress(address);
  const found = await dns.lookup(host).catch(() => null);
  return found !== null && peers.includes(found.address + ':' + port);
}

// Seeds the links of one node. Resolves to the result of each, by peer: "seeded", or the error that it failed with.
async function seed(node, deadline) {
  const results = new Map();
  for (const name of node.peers) {
    results.set(name, await addPeer(node, nodes.get(name), deadline).then(() => 'seeded', (error) => error));
  }
  let missing = node.peers.filter((name) => results.get(name) === 'seeded');
  await retry(deadline, async () => {
    const peers = missing.length > 0 ? await getPeers(node) : [];
    if (peers === null) {
      for (const name of missing) results.set(name, 'sent, but ' + node.name + ' does not report its peers');
      return;
    }
    const listed = await Promise.all(missing.map((name) => includesAddress(peers, nodes.get(name).address)));
    missing = missing.filter((_, index) => !listed[index]);
    if (missing.length > 0) throw new Error('not listed yet');
  }).catch(() => {
    for (const name of missing) results.set(name, new Error(node.name + ' does not list ' + nodes.get(name).address));
  });
  return results;
}

async function main() {
  const listenDeadline = Date.now() + TIMEOUT_MS;
  await forEachNode(async (node) => {
    node.listens = await retry(listenDeadline, () => request(node.address)).then(() => true, () => false);
  });
  const seedDeadline = Date.now() + TIMEOUT_MS;
  const failed = [];
  let links = 0;
  await forEachNode(async (node) => {
    for (const [name, result] of await seed(node, seedDeadline)) {
      const link = node.name + ' -> ' + name;
      const isError = result instanceof Error;
      console.log(link + ': ' + (isError ? 'FAILED, ' + result.message : result));
      if (isError) failed.push(link);
      links++;
    }
  });
  console.log(links - failed.length + ' of ' + links + ' links seeded');
  if (failed.length > 0) console.log('not seeded: ' + failed.join(', '));
  process.exitCode = failed.length > 0 ? 1 : 0;
}

main();
`;

/**
 * Returns the arguments of the seeder, in the topology's order.
 *
 * @param addressOf returns the `host:port` at which other nodes dial a node
 * @throws DevnetError `usage` if there are more links than a program can take as arguments
 */
export function seederArguments(topology: Topology, addressOf: (node: string) => string): string[] {
  const peers = new Map<string, string[]>(topology.nodes.map(({ name }) => [name, []]));
  for (const { from, to } of topology.links) peers.get(from)?.push(to);
  const lines = [...peers].map(([name, to]) => [name, addressOf(name), ...to].join(' '));
  const total = lines.reduce((sum, line) => sum + line.length + 1, 0);
  if (total > MAX_ARGUMENTS_BYTES || lines.some((line) => line.length > MAX_ARGUMENT_BYTES)) {
    throw new DevnetError(
      'usage',
      `${pluralize(topology.links.length, 'link')} are too many for one seeding container`,
      {
        hint: 'export fewer links; devnet up has no such limit',
      },
    );
  }
  return lines;
}

/** Chooses a name for the seeding container that no node has. */
export function chooseSeederName(topology: Topology): string {
  const taken = new Set(topology.nodes.map(({ name }) => name));
  let name = 'seed';
  while (taken.has(name)) name += '-links';
  return name;
}
