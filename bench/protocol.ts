/**
 * Speed of the node, compared in one run:
 *
 *   requests per second, pipelined and one at a time, against two minimal echo servers on node:net: one that only splits
 *   lines and sends the bytes back, and one that also parses and stringifies each line;
 *   gossip deliveries per second on three graphs of 16 nodes in one process, against js-libp2p's gossipsub.
 *
 *   npm run bench:protocol -- [seconds per measurement] [rounds]
 *
 * The second part needs js-libp2p, which is not a dependency of this project. To install it for a while:
 *
 *   npm install --no-save --engine-strict=false libp2p@3.3.11 @libp2p/tcp@11.0.28 @libp2p/gossipsub@17.1.1 \
 *     @libp2p/identify@4.1.14 @chainsafe/libp2p-noise@17.0.0 @chainsafe/libp2p-yamux@8.0.1
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog, createNode } from '../src/node/index.ts';
import { type GossipResult, GRAPHS } from './gossip-graphs.ts';

const folder = dirname(fileURLToPath(import.meta.url));

/** Servers that answer the same request with the same bytes. */
const SERVERS: Record<string, () => Promise<number>> = {
  async node() {
    const log = createLog({ node: 'bench', level: 'error', write: () => {} });
    const limits = { messagesPerSecond: 1e9, messagesBurst: 1e9 };
    return (await createNode({ name: 'bench', host: '127.0.0.1', port: 0, log, limits }).start()).port;
  },
  lines: () => echo((line) => line),
  parsing: () => echo((line) => Buffer.from(JSON.stringify(JSON.parse(line.toString())))),
};

/** Starts a server that answers each line of a chunk and writes all answers at once. Returns its port. */
async function echo(answer: (line: Buffer) => Buffer): Promise<number> {
  const end = Buffer.from('\n\n');
  const server = createServer({ noDelay: true }, (socket) => {
    let rest: Buffer = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const answers: Buffer[] = [];
      let start = 0;
      for (let at = bytes.indexOf(end); at !== -1; at = bytes.indexOf(end, start)) {
        answers.push(answer(bytes.subarray(start, at)), end);
        start = at + end.length;
      }
      rest = bytes.subarray(start);
      socket.write(Buffer.concat(answers));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

const REQUEST = Buffer.from(
  `${JSON.stringify({ message_type: 'echo', payload: { id: 12_345, text: 'the same bytes, there and back', ok: [1, 2] } })}\n\n`,
);
const PIPELINED = Buffer.concat(Array.from({ length: 100 }, () => REQUEST));

/** Returns the requests per second while at most `ahead` copies of `bytes` are unanswered. */
async function requests(port: number, bytes: Buffer, ahead: number, milliseconds: number): Promise<number> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let received = 0;
  const began = performance.now();
  await new Promise<void>((resolve) => {
    let sent = 0;
    const send = () => {
      while (sent - received < ahead * bytes.length) {
        sent += bytes.length;
        socket.write(bytes);
      }
    };
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (performance.now() - began >= milliseconds) resolve();
      else if (sent - received <= (ahead - 1) * bytes.length) send();
    });
    send();
  });
  socket.destroy();
  return (received / REQUEST.length / (performance.now() - began)) * 1_000;
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const rate = (value: number) => Math.round(value).toLocaleString('en').padStart(9);

async function compareRequests(seconds: number, rounds: number): Promise<void> {
  const children: ChildProcess[] = [];
  const ports: Record<string, number> = {};
  for (const name of Object.keys(SERVERS)) {
    const child = fork(fileURLToPath(import.meta.url), ['serve', name]);
    children.push(child);
    ports[name] = (await once(child, 'message'))[0] as number;
  }
  console.log(`requests per second, echo of ${REQUEST.length} bytes, each server in its own process`);
  for (const [mode, bytes, ahead] of [
    ['pipelined', PIPELINED, 8],
    ['one at a time', REQUEST, 1],
  ] as const) {
    const ratios: Record<string, number[]> = { lines: [], parsing: [] };
    for (const port of Object.values(ports)) await requests(port, bytes, ahead, 300);
    for (let round = 1; round <= rounds; round++) {
      const rates: Record<string, number> = {};
      for (const [name, port] of Object.entries(ports))
        rates[name] = await requests(port, bytes, ahead, seconds * 1_000);
      console.log(
        `  ${mode}, round ${round}: node ${rate(rates.node!)}   echo of lines ${rate(rates.lines!)}   echo that parses ${rate(rates.parsing!)}`,
      );
      for (const name of Object.keys(ratios)) ratios[name]!.push(rates.node! / rates[name]!);
    }
    console.log(
      `  ${mode}, median: ${median(ratios.lines!).toFixed(2)} x the echo of lines, ${median(ratios.parsing!).toFixed(2)} x the echo that parses`,
    );
  }
  for (const child of children) child.kill();
}

function compareGossip(seconds: number, rounds: number): void {
  const measure = (which: string, graph: string): number => {
    const out = execFileSync(process.execPath, [join(folder, `gossip-${which}.js`), graph, String(seconds)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 120_000,
    });
    const { deliveries, seconds: took } = JSON.parse(out) as GossipResult;
    return deliveries / took;
  };
  console.log('gossip deliveries per second, 16 nodes in one process');
  for (const graph of Object.keys(GRAPHS)) {
    const ratios: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const [ours, theirs] = [measure('devnet', graph), measure('libp2p', graph)];
      ratios.push(ours / theirs);
      console.log(`  ${graph}, round ${round}: devnet ${rate(ours)}   gossipsub ${rate(theirs)}`);
    }
    console.log(`  ${graph}, median: ${median(ratios).toFixed(1)} x gossipsub`);
  }
}

if (process.argv[2] === 'serve') {
  process.send!(await SERVERS[process.argv[3]!]!());
} else {
  const [seconds, rounds] = [Number(process.argv[2] ?? 2), Number(process.argv[3] ?? 3)];
  await compareRequests(seconds, rounds);
  const isInstalled = await import('libp2p' as string).then(
    () => true,
    () => false,
  );
  if (isInstalled) compareGossip(seconds, rounds);
  else console.log('gossip is not compared: js-libp2p is not installed; bench/protocol.ts says how');
}
