/**
 * Time of `up` and `down` of the same verified network on each runtime, alternately, beside the same node programs started bare:
 * processes that nobody gives a network, links or a check.
 *
 *   npm run bench:runtimes -- [nodes] [rounds] [runtimes, with commas]
 *
 * The topology is a random regular graph of degree 4. What this machine does not have is left out. Mininet, where it is installed
 * (as root: `apt-get install mininet`), starts and stops as many hosts without any program, in namespaces of its own; only the sum
 * of both is known.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Devnet, type RuntimeName, shapes } from '../src/index.ts';
import { describeError } from '../src/shared/errors.ts';
import { packageRoot } from '../src/shared/files/package-root.ts';

type Contestant = RuntimeName | 'bare' | 'mininet';

const nodes = Number(process.argv[2] ?? 50);
const rounds = Number(process.argv[3] ?? 3);
const contestants = [
  'bare',
  ...(process.argv[4]?.split(',') ?? ['namespaces', 'containers', 'process', 'mininet']),
] as Contestant[];

interface Timing {
  up: number;
  down: number;
}

/** Mininet keeps its state in /tmp and in named network namespaces: both are private here. */
const MININET_SCRIPT = `mount -t tmpfs none /run && mount -t tmpfs none /tmp && ip link set lo up &&
exec mn --topo single,$1 --switch lxbr --controller none --test none`;

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

async function measureBare(): Promise<Timing> {
  let programs: ChildProcess[] = [];
  const program = join(packageRoot, 'dist', 'node.cjs');
  const start = () => {
    // Port 0: any free one.
    const env = { DEVNET_PORT: '0', DEVNET_HOST: '127.0.0.1', DEVNET_NAME: 'bare' };
    return spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  };
  const up = await seconds(async () => {
    programs = Array.from({ length: nodes }, start);
    await Promise.all(programs.map(({ stdout }) => once(createInterface({ input: stdout as Readable }), 'line')));
  });
  const down = await seconds(async () => {
    const ended = programs.map((one) => once(one, 'exit'));
    for (const one of programs) one.kill('SIGKILL');
    await Promise.all(ended);
  });
  return { up, down };
}

async function measureMininet(): Promise<Timing> {
  if (spawnSync('mn', ['--version']).error) throw new Error('there is no mn on the PATH');
  const command = ['-nm', '--', 'sh', '-c', MININET_SCRIPT, 'mininet', String(nodes)];
  const up = await seconds(async () => {
    const mininet = spawn('unshare', command, { stdio: ['ignore', 'ignore', 'pipe'] });
    const [errors, [code]] = await Promise.all([text(mininet.stderr), once(mininet, 'close')]);
    if (code !== 0) throw new Error(`mn failed: ${errors.trim().split('\n').at(-1)}`);
  });
  return { up, down: 0 };
}

async function measureRuntime(engine: RuntimeName): Promise<Timing> {
  let net: Devnet | undefined;
  const topology = shapes.regular(nodes, { degree: Math.min(4, nodes - 1) });
  const up = await seconds(async () => {
    net = await Devnet.up(topology, { engine, artifacts: false, timeout: 120_000 });
  });
  return { up, down: await seconds(async () => net?.down()) };
}

function measure(contestant: Contestant): Promise<Timing> {
  if (contestant === 'bare') return measureBare();
  return contestant === 'mininet' ? measureMininet() : measureRuntime(contestant);
}

const results = new Map<Contestant, Timing[]>(contestants.map((one) => [one, []]));
for (let round = 1; round <= rounds; round++) {
  for (const one of contestants) {
    const all = results.get(one);
    if (!all) continue;
    try {
      const timing = await measure(one);
      all.push(timing);
      const load = (loadavg()[0] as number).toFixed(1);
      console.log(
        `round ${round}: ${one.padEnd(12)} up ${timing.up.toFixed(2)} s   down ${timing.down.toFixed(2)} s   load ${load}`,
      );
    } catch (cause) {
      console.log(`${one} is left out: ${describeError(cause).split('\n')[0]}`);
      results.delete(one);
    }
  }
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const bare = median((results.get('bare') as Timing[]).map(({ up }) => up));
console.log(`${nodes} nodes, median of ${rounds} rounds:`);
for (const [one, timings] of results) {
  const [up, down] = [median(timings.map((timing) => timing.up)), median(timings.map((timing) => timing.down))];
  console.log(`${one.padEnd(12)} up ${up.toFixed(2)} s, ${(up / bare).toFixed(2)} x bare   down ${down.toFixed(2)} s`);
}
process.exit(0);
