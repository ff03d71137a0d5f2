/**
 * Overhead of `up` and `down` of N verified nodes over the engine's own work: creating and starting, and removing, the same
 * N containers, alternately. The best parallelism for the engine alone is found first. Where Docker Compose is installed, it
 * takes its turn with the same containers, which it starts without sending them links or verifying them.
 *
 *   npm run bench:up -- [nodes] [rounds] [degree]
 *
 * The topology is a ring, or with a degree a random regular graph; each link is work that the engine alone does not do.
 * COMPOSE may name the program; by default it is `docker compose`, or `docker-compose`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { down } from '../src/controller/lifecycle/down.ts';
import { up } from '../src/controller/lifecycle/up.ts';
import { connectEngine } from '../src/engine/connection/engine.ts';
import { ensureNodeImage } from '../src/engine/images/node-image.ts';
import { buildComposeFile } from '../src/export/compose.ts';
import { parseTopology } from '../src/topology/index.ts';
import { measureEngine, seconds, type Timing } from './support/engine-floor.ts';

const nodes = Number(process.argv[2] ?? 50);
const rounds = Number(process.argv[3] ?? 3);
const links = process.argv[4] === undefined ? 'ring' : `{ shape: regular, degree: ${process.argv[4]} }`;
const engine = await connectEngine();
const image = await ensureNodeImage(engine);
const topology = parseTopology(`name: bench\nnodes: { count: ${nodes} }\nlinks: ${links}`, {
  file: 'bench',
  name: 'bench',
});

/** Returns the command of Docker Compose, and its version; undefined where none is installed. */
function findCompose(): { command: string[]; version: string } | undefined {
  const { COMPOSE } = process.env;
  const candidates = COMPOSE === undefined ? [['docker', 'compose'], ['docker-compose']] : [[COMPOSE]];
  for (const command of candidates) {
    const { status, stdout } = spawnSync(command[0] as string, [...command.slice(1), 'version', '--short'], {
      encoding: 'utf8',
    });
    if (status === 0) return { command, version: stdout.trim() };
  }
  return undefined;
}

const compose = findCompose();
const folder = mkdtempSync(join(tmpdir(), 'bench-compose-'));
const composeFile = join(folder, 'compose.yaml');

function writeComposeFile(): void {
  const { services, networks } = buildComposeFile(topology, { image: image.reference });
  const nodesOnly = topology.nodes.map(({ name }) => [name, services.get(name)] as const);
  writeFileSync(composeFile, stringify({ services: Object.fromEntries(nodesOnly), networks }));
}

async function runCompose(command: readonly string[]): Promise<Timing> {
  const run = async (...args: string[]) => {
    const all = [...command.slice(1), '-p', 'bench-compose', '-f', composeFile, ...args];
    const { status, stderr } = spawnSync(command[0] as string, all, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command.join(' ')} ${args.join(' ')}: ${stderr}`);
  };
  const upTime = await seconds(() => run('up', '-d'));
  // Without a grace period, as the others remove containers.
  const downTime = await seconds(() => run('down', '-t', '0'));
  return { up: upTime, down: downTime };
}

async function runDevnet(): Promise<Timing> {
  let result: Awaited<ReturnType<typeof up>> | undefined;
  const upTime = await seconds(async () => {
    result = await up(engine, topology);
  });
  const downTime = await seconds(async () => result && down(engine, result.devnet));
  return { up: upTime, down: downTime };
}

const show = (label: string, timing: Timing) =>
  console.log(`${label.padEnd(24)} up ${timing.up.toFixed(2)} s   down ${timing.down.toFixed(2)} s`);

console.log(`${engine.flavour} ${engine.version}, load of this machine ${(loadavg()[0] as number).toFixed(1)}`);
const trials: { parallel: number; timing: Timing }[] = [];
for (const parallel of [4, 6, 8, 12, 16, 24]) {
  const timing = await measureEngine(engine, topology, parallel);
  trials.push({ parallel, timing });
  show(`engine, ${parallel} at once`, timing);
}
const bestUp = trials.reduce((best, trial) => (trial.timing.up < best.timing.up ? trial : best)).parallel;
console.log(`best parallelism of the engine: ${bestUp}`);

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const results: { engine: Timing; devnet: Timing; compose?: Timing }[] = [];
if (compose) writeComposeFile();
for (let round = 1; round <= rounds; round++) {
  const result = {
    engine: await measureEngine(engine, topology, bestUp),
    devnet: await runDevnet(),
    ...(compose ? { compose: await runCompose(compose.command) } : {}),
  };
  results.push(result);
  for (const [label, timing] of Object.entries(result)) show(`round ${round}: ${label}`, timing);
}
rmSync(folder, { recursive: true });
const ratio = (part: keyof Timing, other: 'engine' | 'compose') =>
  `${median(results.map((result) => result.devnet[part] / (result[other] as Timing)[part])).toFixed(2)} x`;
const report = (other: 'engine' | 'compose', label: string) =>
  console.log(
    `${nodes} nodes, ${topology.links.length} links, median of ${rounds} rounds: up ${ratio('up', other)}, down ${ratio('down', other)} ${label}`,
  );
report('engine', `the engine alone, ${bestUp} at once`);
if (compose) report('compose', `Docker Compose ${compose.version}`);
process.exit(0);
