import { DevnetError } from '../shared/errors.ts';
import type { Topology } from '../topology/model/topology.ts';

/** Longest text Linux takes as one argument of a program; with a NUL at its end (MAX_ARG_STRLEN). */
const MAX_ARGUMENT_BYTES = 131_071;
/** Linux takes 2 MiB of arguments, a Kubernetes cluster about 1.5 MiB of manifest: this is below both with room for the rest. */
const MAX_ARGUMENTS_BYTES = 1_000_000;

/**
 * What tells the nodes of their peers where no controller does: a program for `node -e`, whose arguments are the nodes. It
 * needs nothing but node, speaks to any node (one message per connection), and may be run again: nothing is added twice.
 *
 * It holds no dollar sign, which Compose and Kubernetes would take for a variable.
 */
export const SEEDER_SCRIPT = String.raw`// Arguments: one for each node, "NAME HOST:PORT PEER...". Tells every node of its peers, then asks it for them.
const net = require('net');
const dns = require('dns').promises;
const { argv, env } = process;

const SECONDS = Number(env.SEED_TIMEOUT || 60); // to wait for nodes to listen, and then for each to take its peers
const PATIENCE = 2000; // for one reply, milliseconds
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const within = () => Date.now() + SECONDS * 1000;

const nodes = new Map();
for (const argument of argv.slice(1)) {
  const [name, address, ...peers] = argument.split(' ');
  nodes.set(name, { name, address, peers, listens: false, mute: false });
}

// One connection, one message. Resolves to the reply, or to null where none came; rejects where nothing listens.
function ask(address, message) {
  return new Promise((resolve, reject) => {
    const colon = address.lastIndexOf(':');
    const socket = net.connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
    const timer = setTimeout(() => socket.destroy(), PATIENCE);
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
        return; // There is more to come.
      }
      socket.destroy();
    });
    socket.on('error', () => {}); // It closes after that.
    socket.on('close', () => {
      clearTimeout(timer);
      if (connected) resolve(reply);
      else reject(new Error('does not listen at ' + address));
    });
  });
}

// Does something for all of a list, a few at a time.
async function each(list, work) {
  const queue = list[Symbol.iterator]();
  const lane = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: 64 }, lane));
}

// Tries until it is done or the time is over; the last failure is thrown.
async function persist(until, attempt) {
  for (;;) {
    try {
      return await attempt();
    } catch (failure) {
      if (Date.now() >= until) throw failure;
    }
    await wait(250);
  }
}

async function tell(node, peer, until) {
  for (const end of [node, peer]) {
    if (!end.listens) throw new Error(end.name + ' does not listen at ' + end.address);
  }
  await persist(until, async () => {
    const reply = await ask(node.address, { message_type: 'add_peer', payload: peer.address });
    // Not to reply is allowed. To refuse is not; but "rate_limited" asks for patience, and gets it.
    if (reply && reply.message_type === 'error') throw new Error(node.name + ' refused: ' + JSON.stringify(reply.payload));
  });
}

// The addresses that a node says it dials, or null where it does not say.
async function peersOf(node) {
  const reply = await ask(node.address, { message_type: 'get_peers' });
  return reply && reply.message_type === 'peers' && Array.isArray(reply.payload) ? reply.payload : null;
}

// A node may list a peer by the address that its name stands for.
async function lists(peers, address) {
  if (peers.includes(address)) return true;
  const colon = address.lastIndexOf(':');
  const found = await dns.lookup(address.slice(0, colon)).catch(() => null);
  return found !== null && peers.includes(found.address + address.slice(colon));
}

// Resolves to what became of the links of one node, by the peer's name: null where all is well, else what is wrong.
async function seed(node, until) {
  const fates = new Map();
  for (const name of node.peers) {
    fates.set(name, await tell(node, nodes.get(name), until).then(() => null, (failure) => failure.message));
  }
  const told = node.peers.filter((name) => fates.get(name) === null);
  let missing = told;
  await persist(until, async () => {
    const peers = missing.length > 0 ? await peersOf(node) : [];
    if (peers === null) return;
    const listed = await Promise.all(missing.map((name) => lists(peers, nodes.get(name).address)));
    missing = missing.filter((_, index) => !listed[index]);
    if (missing.length > 0) throw new Error('not yet');
  }).catch(() => missing.forEach((name) => fates.set(name, node.name + ' does not list ' + nodes.get(name).address)));
  node.mute = missing.length > 0;
  return fates;
}

async function main() {
  const listening = within();
  await each([...nodes.values()], async (node) => {
    node.listens = await persist(listening, () => ask(node.address)).then(() => true, () => false);
  });
  const seeding = within();
  const failed = [];
  let links = 0;
  await each([...nodes.values()], async (node) => {
    for (const [name, wrong] of await seed(node, seeding)) {
      const link = node.name + ' -> ' + name;
      const fate = node.mute ? 'told, though ' + node.name + ' does not say which peers it has' : 'seeded';
      console.log(link + ': ' + (wrong === null ? fate : 'FAILED, ' + wrong));
      if (wrong !== null) failed.push(link);
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
 * The seeder's arguments, in the topology's order.
 * @param addressOf `host:port` at which a node is dialed by the others
 * @throws DevnetError `usage` when there is more to say than a program can be told
 */
export function seederArguments(topology: Topology, addressOf: (node: string) => string): string[] {
  const peers = new Map<string, string[]>(topology.nodes.map(({ name }) => [name, []]));
  for (const { from, to } of topology.links) peers.get(from)?.push(to);
  const lines = [...peers].map(([name, to]) => [name, addressOf(name), ...to].join(' '));
  const total = lines.reduce((sum, line) => sum + line.length + 1, 0);
  if (total > MAX_ARGUMENTS_BYTES || lines.some((line) => line.length > MAX_ARGUMENT_BYTES)) {
    throw new DevnetError(
      'usage',
      `${topology.links.length} links are more than one seeding container can be told of`,
      {
        hint: 'export fewer links; devnet up has no such limit',
      },
    );
  }
  return lines;
}

/** A name for the seeding container, beside nodes of any name. */
export function chooseSeederName(topology: Topology): string {
  const taken = new Set(topology.nodes.map(({ name }) => name));
  let name = 'seed';
  while (taken.has(name)) name += '-links';
  return name;
}
