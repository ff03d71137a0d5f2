/**
 * `devnet logs --follow` beside `docker logs --follow` of the same containers, of 1, 10 and 50 nodes that print numbered lines of
 * 200 bytes as fast as they can, to files.
 *
 *   npm run bench:logs -- [lines of all nodes together] [nodes …]
 *
 * First both follow at once while the nodes write: are all lines there, once and in order? Then each reads the same logs alone,
 * in turns: how fast, and with how much processor time, its own and the engine's? Needs the docker command.
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, createReadStream, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { down } from '../src/controller/lifecycle/down.ts';
import { up } from '../src/controller/lifecycle/up.ts';
import { sendToNode } from '../src/controller/peers/send-to-node.ts';
import type { NetworkState } from '../src/controller/state/network-state.ts';
import { connectEngine } from '../src/engine/connection/engine.ts';
import { ensureBaseImage } from '../src/engine/images/base-image.ts';
import { parseTopology } from '../src/topology/index.ts';

const [total = 500_000, ...sizes] = process.argv.slice(2).map(Number);
const ROUNDS = 3;
const LINE_BYTES = 200;
/** More than what a client writes before the lines. */
const MIN_BYTES = 10_000;
/** Time without a new byte from which a client is taken to have all that it gets: it may have to find its place in a log again. */
const QUIET_MS = 15_000;
/** Time for all nodes to learn when they begin. */
const LEAD_MS = 10_000;
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK']).toString());

/** Prints its lines from the moment on that it is told. */
const talker = (lines: number) => `
  const { writeSync } = require('fs');
  const pad = 'x'.repeat(${LINE_BYTES});
  const write = (buffer) => {
    for (let at = 0; at < buffer.length; ) try { at += writeSync(1, buffer, at); } catch (e) { if (e.code !== 'EAGAIN') throw e; }
  };
  let i = 0;
  const burst = () => {
    let chunk = '';
    for (; i < ${lines} && chunk.length < 60000; i++)
      chunk += ('line ' + String(i).padStart(9, '0') + ' ' + pad).slice(0, ${LINE_BYTES - 1}) + '\\n';
    write(Buffer.from(chunk));
    if (i < ${lines}) setImmediate(burst);
  };
  require('net').createServer((s) => {
    s.on('error', () => {});
    s.on('data', (data) => {
      const told = /at (\\d+)/.exec(String(data));
      if (told) setTimeout(burst, Number(told[1]) - Date.now());
      s.end('{"message_type":"peers","payload":[]}\\n\\n');
    });
  }).listen(3000);`;

interface Client {
  name: string;
  pids: number[];
  files: string[];
  stop(): void;
}

interface Usage {
  cpuSeconds: number;
  peakMiB: number;
}

const engine = await connectEngine();
const folder = mkdtempSync(join(tmpdir(), 'devnet-bench-logs-'));

function start(command: string, args: readonly string[], file: string): number {
  const out = openSync(file, 'w');
  const { pid } = spawn(command, args, { stdio: ['ignore', out, 'inherit'] });
  closeSync(out);
  return pid as number;
}

function clientOf(name: string, pids: number[], files: string[]): Client {
  return { name, pids, files, stop: () => pids.forEach((pid) => void process.kill(pid, 'SIGKILL')) };
}

function startDevnet({ name }: NetworkState): Client {
  const file = join(folder, 'devnet.txt');
  return clientOf('devnet', [start(process.execPath, ['dist/cli.js', 'logs', '-f', name], file)], [file]);
}

function startDocker({ nodes }: NetworkState): Client {
  const files = nodes.map(({ name }) => join(folder, `docker-${name}.txt`));
  const pids = nodes.map(({ containerId }, i) => start('docker', ['logs', '-f', containerId], files[i] as string));
  return clientOf('docker', pids, files);
}

const sizeOf = (files: readonly string[]) => files.reduce((sum, file) => sum + statSync(file).size, 0);

/** Waits until the client has written all, or nothing for some time. @returns seconds from its first to its last byte, and its use */
async function finish(client: Client, totalBytes: number): Promise<Usage & { seconds: number }> {
  let firstAt: number | undefined;
  let last = { size: 0, at: performance.now() };
  for (;;) {
    await sleep(20);
    const [size, now] = [sizeOf(client.files), performance.now()];
    if (size > MIN_BYTES) firstAt ??= now;
    if (size !== last.size) last = { size, at: now };
    const quietMs = size >= totalBytes ? 500 : QUIET_MS;
    if (firstAt !== undefined && now - last.at > quietMs) break;
  }
  const use = usage(client.pids);
  client.stop();
  return { ...use, seconds: (last.at - (firstAt as number)) / 1_000 };
}

function usage(pids: readonly number[]): Usage {
  const seconds = pids.map(cpuSecondsOf);
  const peaks = pids.map(
    (pid) => Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024,
  );
  return { cpuSeconds: seconds.reduce((a, b) => a + b, 0), peakMiB: Math.max(...peaks) };
}

function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') as string[];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Process of the engine, if it is on this machine. */
function enginePid(): number | undefined {
  try {
    return Number(execFileSync('pgrep', ['-o', '-x', 'dockerd']).toString());
  } catch {
    return undefined;
  }
}

interface Contents {
  lines: number;
  repeated: number;
  missing: number;
  saidMissing: number;
  outOfOrder: number;
}

/** Checks the numbers of a client's lines, node by node. */
async function check(client: Client, nodes: number, perNode: number): Promise<Contents> {
  const seen = new Map<string, Uint8Array>();
  const contents: Contents = { lines: 0, repeated: 0, missing: nodes * perNode, saidMissing: 0, outOfOrder: 0 };
  const last = new Map<string, number>();
  for (const file of client.files) {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const said = /log_gap .*lines_about=(\d+)/.exec(line);
      if (said) contents.saidMissing += Number(said[1]);
      const match = /(?:^(?:\S+) (\S+) +)?line (\d{9})/.exec(line);
      if (!match) continue;
      const node = match[1] ?? file;
      const number = Number(match[2]);
      const numbers = seen.get(node) ?? new Uint8Array(perNode);
      seen.set(node, numbers);
      contents.lines++;
      if (numbers[number]) contents.repeated++;
      else contents.missing--;
      numbers[number] = 1;
      if (number < (last.get(node) ?? 0)) contents.outOfOrder++;
      last.set(node, number);
    }
  }
  return contents;
}

/** Counts lines whose time is before that of the line above. */
async function countDisorder(name: string): Promise<number> {
  const file = join(folder, 'json.txt');
  execFileSync('sh', ['-c', `"$1" dist/cli.js logs "$2" --json > "$3"`, 'sh', process.execPath, name, file]);
  let [previous, count] = ['', 0];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const time = line.slice(9, 36);
    if (time < previous) count++;
    previous = time;
  }
  return count;
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

async function bench(nodes: number): Promise<void> {
  const perNode = Math.floor((total as number) / nodes);
  const { reference } = await ensureBaseImage(engine);
  const topology = parseTopology(
    `name: bench-logs\nnodes: { n: { count: ${nodes}, image: "${reference}", command: [node, -e, ${JSON.stringify(talker(perNode))}] } }`,
    { file: 'bench', name: 'bench-logs' },
  );
  const { devnet } = await up(engine, topology);
  try {
    const live = [startDevnet(devnet), startDocker(devnet)];
    const start = { message_type: 'chat', payload: `at ${Date.now() + LEAD_MS}` };
    const tell = (node: string) => pRetry(() => sendToNode(engine, devnet, node, start, LEAD_MS), { minTimeout: 100 });
    await Promise.all(devnet.nodes.map(({ name }) => tell(name)));
    const totalBytes = nodes * perNode * LINE_BYTES;
    const finished = await Promise.all(live.map((client) => finish(client, totalBytes)));
    for (const [i, client] of live.entries()) {
      const { seconds, cpuSeconds, peakMiB } = finished[i] as Awaited<ReturnType<typeof finish>>;
      const { lines, repeated, missing, saidMissing, outOfOrder } = await check(client, nodes, perNode);
      const distinct = lines - repeated;
      console.log(
        `${String(nodes).padStart(3)} nodes, at once   ${client.name.padEnd(6)} ${rate(distinct, seconds)}  ${cpuSeconds.toFixed(2).padStart(6)} s of its processor time  ` +
          `${peakMiB.toFixed(0).padStart(4)} MiB  ${repeated} repeated, ${missing} missing (${saidMissing} said), ${outOfOrder} out of order`,
      );
    }
    const runs: Record<string, { lines: number; own: number; all: number; peakMiB: number }[]> = {
      docker: [],
      devnet: [],
    };
    const dockerd = enginePid();
    const engineSeconds = () => (dockerd === undefined ? 0 : cpuSecondsOf(dockerd));
    for (let round = 0; round < ROUNDS; round++) {
      for (const startClient of [startDocker, startDevnet]) {
        const before = engineSeconds();
        const client = startClient(devnet);
        const { seconds, cpuSeconds, peakMiB } = await finish(client, totalBytes);
        const { lines } = await check(client, nodes, perNode);
        const all = cpuSeconds + engineSeconds() - before;
        runs[client.name]?.push({ lines: lines / seconds, own: cpuSeconds, all, peakMiB });
      }
    }
    const of = (name: string, key: 'lines' | 'own' | 'all' | 'peakMiB') =>
      median((runs[name] ?? []).map((run) => run[key]));
    for (const name of ['docker', 'devnet']) {
      console.log(
        `${String(nodes).padStart(3)} nodes, in turns  ${name.padEnd(6)} ${rate(of(name, 'lines'), 1)}  ${of(name, 'own').toFixed(2).padStart(6)} s of its processor time, ` +
          `${of(name, 'all').toFixed(2)} s with the engine's  ${of(name, 'peakMiB').toFixed(0).padStart(4)} MiB`,
      );
    }
    const ratio = (key: 'lines' | 'all') => (of('devnet', key) / of('docker', key)).toFixed(2);
    console.log(
      `${String(nodes).padStart(3)} nodes: ${ratio('lines')} x docker's lines per second, ${ratio('all')} x its processor time with the engine's; ` +
        `${await countDisorder(devnet.name)} lines of the merged log out of order`,
    );
  } finally {
    await down(engine, devnet);
  }
}

const rate = (lines: number, seconds: number) =>
  `${Math.round(lines / seconds)
    .toLocaleString('en')
    .padStart(8)} lines/s`;

try {
  for (const nodes of sizes.length > 0 ? sizes : [1, 10, 50]) await bench(nodes);
} finally {
  rmSync(folder, { recursive: true });
}
process.exit(0);
