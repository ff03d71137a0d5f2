/**
 * What a bundled node takes for its first links, in processor time, against the least program that links: it dials, greets,
 * pings once and logs. All nodes of a round are on the loopback interface, and each dials four others.
 *
 *   npm run bench:links -- [rounds] [nodes]
 *
 * Linux only: it reads /proc.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { processorTime } from './support/processor-time.ts';

const rounds = Number(process.argv[2] ?? 5);
const size = Number(process.argv[3] ?? 16);
/** Distances to the nodes that each node dials, in the ring of their numbers. */
const STEPS = [1, 2, 3, 5];

const LEAST = `
const net = require('node:net');
const write = (socket, message_type, payload) => socket.write(JSON.stringify({ message_type, payload }) + '\\n\\n');
function serve(socket) {
  let text = '';
  socket.on('error', () => {}).setEncoding('utf8').on('data', (data) => {
    text += data;
    for (let end; (end = text.indexOf('\\n\\n')) >= 0; text = text.slice(end + 2)) {
      const { message_type, payload } = JSON.parse(text.slice(0, end));
      if (message_type === 'add_peer') dial(...payload.split(':'));
      else if (message_type === 'ping') write(socket, 'pong', payload);
      else if (message_type === 'pong') console.log('{"event":"link_up"}');
    }
  });
}
function dial(host, port) {
  const socket = net.connect(Number(port), host, () => {
    write(socket, 'hello', { name: process.env.DEVNET_NAME });
    write(socket, 'ping', 1);
  });
  serve(socket);
}
const server = net.createServer(serve);
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ event: 'listening', port: server.address().port })));
`;
const PROGRAMS = { 'least program': ['-e', LEAST], 'bundled node': [join('dist', 'node.cjs')] };

interface Node {
  child: ChildProcess;
  port: number;
  linked: Promise<void>;
}

/** Resolves when a program listens. */
async function start(args: readonly string[], index: number): Promise<Node> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { DEVNET_NAME: `n${index}`, DEVNET_HOST: '127.0.0.1', DEVNET_PORT: '0' },
  });
  let onLinked = () => {};
  const linked = new Promise<void>((resolve) => {
    onLinked = resolve;
  });
  const port = await new Promise<number>((resolve, reject) => {
    let text = '';
    let links = 0;
    child.once('exit', () => reject(new Error(`a program ended before it listened: ${text}`)));
    child.stdout?.setEncoding('utf8').on('data', (data: string) => {
      text += data;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const entry = JSON.parse(text.slice(0, end)) as { event: string; port?: number };
        text = text.slice(end + 1);
        if (entry.event === 'listening') resolve(entry.port as number);
        if (entry.event === 'link_up' && ++links === STEPS.length) onLinked();
      }
    });
  });
  return { child, port, linked };
}

async function addPeers({ port }: Node, peers: readonly Node[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const message = (peer: Node) => ({ message_type: 'add_peer', payload: `127.0.0.1:${peer.port}` });
  socket.on('error', () => {}).resume();
  socket.end(peers.map((peer) => `${JSON.stringify(message(peer))}\n\n`).join(''));
  await once(socket, 'close');
}

/** Returns the milliseconds of processor time that a node takes until its links stand. */
async function measure(args: readonly string[]): Promise<number> {
  const nodes: Node[] = [];
  try {
    for (let index = 0; index < size; index++) nodes.push(await start(args, index));
    const total = () => nodes.reduce((sum, { child }) => sum + processorTime(child.pid as number), 0);
    const before = total();
    const peersOf = (index: number) => STEPS.map((step) => nodes[(index + step) % size] as Node);
    await Promise.all(nodes.map((node, index) => addPeers(node, peersOf(index))));
    await Promise.all(nodes.map(({ linked }) => linked));
    return (total() - before) / size;
  } finally {
    for (const { child } of nodes) child.kill('SIGKILL');
  }
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number;
const samples = new Map<string, number[]>();
for (let round = 0; round <= rounds; round++) {
  for (const [name, args] of Object.entries(PROGRAMS)) {
    const sample = await measure(args);
    if (round > 0) samples.set(name, [...(samples.get(name) ?? []), sample]); // The first fills the page cache.
  }
}
const least = median(samples.get('least program') ?? []);
const cores = availableParallelism();
console.log(`processor time of a node for ${STEPS.length} links each way, median of ${rounds} rounds of ${size} nodes`);
for (const [name, values] of samples) {
  const value = median(values);
  const seconds = (nodes: number) =>
    `${nodes.toLocaleString('en-US')} nodes ${((value * nodes) / cores / 1_000).toFixed(2)} s`;
  const ratio = `${(value / least).toFixed(2)} x`;
  console.log(
    `${name.padEnd(16)} ${value.toFixed(1).padStart(6)} ms ${ratio}; on ${cores} cores: ${seconds(50)}, ${seconds(1_000)}`,
  );
}
