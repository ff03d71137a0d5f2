/**
 * What the controller itself takes for networks of more and more nodes on a cluster of many hosts, whose engines and nodes are
 * simulated in a process of their own: bringing them up, looking at them, changing all links and taking them down. Prints a row for
 * each size. The processor time is this process's alone, so it does not depend on how fast engines are.
 *
 *   npm run bench:simulate -- [sizes, as 100,1000,10000] [hosts]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { status } from '../src/controller/inspect/read-status.ts';
import { down } from '../src/controller/lifecycle/down.ts';
import { up } from '../src/controller/lifecycle/up.ts';
import { findNetworkState } from '../src/controller/state/network-state.ts';
import { parseTopology } from '../src/topology/index.ts';
import { connectSimulatedCluster } from '../test/support/simulated-cluster.ts';

const DEGREE = 4;
const ENGINES_PROGRAM = fileURLToPath(new URL('simulated-engines.js', import.meta.url));

const sizes = (process.argv[2] ?? '100,1000,10000').split(',').map(Number);
const hostCount = Number(process.argv[3] ?? 20);

interface Cost {
  seconds: number;
  /** Of this process. */
  cpuSeconds: number;
}

async function measure(work: () => Promise<unknown>): Promise<Cost> {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - startedAt) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

const COLUMNS = ['nodes', 'links', 'up s', 'up cpu ms/node', 'status', 'change', 'down', 'MiB'];
const row = (cells: readonly (string | number)[]) =>
  `| ${cells.map((cell, index) => String(cell).padStart(Math.max(6, (COLUMNS[index] as string).length))).join(' | ')} |`;
const perNode = ({ cpuSeconds }: Cost, size: number) => ((cpuSeconds * 1_000) / size).toFixed(2);

const folder = mkdtempSync(join(tmpdir(), 'devnet-simulation-'));
const sockets = Array.from({ length: hostCount }, (_, index) => join(folder, `${index + 1}.sock`));
const engines = spawn(process.execPath, [ENGINES_PROGRAM, ...sockets], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  await once(engines.stdout, 'data');
  const engine = await connectSimulatedCluster(sockets);
  const load = (loadavg()[0] as number).toFixed(1);
  console.log(`${hostCount} simulated hosts, load of this machine ${load}; status, change and down in cpu ms/node`);
  console.log(row(COLUMNS));
  console.log(row(COLUMNS.map(() => '---:')));
  for (const size of sizes) {
    const name = `simulation-${size}`;
    const topologyOf = (seed: number) =>
      parseTopology(
        `name: ${name}\nnodes: { count: ${size} }\nlinks: { shape: regular, degree: ${DEGREE}, seed: ${seed} }`,
        { file: 'simulation', name },
      );
    const [first, second] = [topologyOf(1), topologyOf(2)];
    const upCost = await measure(() => up(engine, first));
    const statusCost = await measure(async () => {
      const { drift } = await status(engine, await findNetworkState(engine, name));
      if (drift.missing.length + drift.broken.length > 0) throw new Error('the status shows links that do not stand');
    });
    const changeCost = await measure(() => up(engine, second));
    const memory = Math.round(process.memoryUsage().rss / 1024 ** 2);
    const downCost = await measure(async () => down(engine, await findNetworkState(engine, name)));
    const costs = [upCost, statusCost, changeCost, downCost].map((cost) => perNode(cost, size));
    console.log(row([size, first.links.length, upCost.seconds.toFixed(2), ...costs, memory]));
  }
} finally {
  engines.kill();
  rmSync(folder, { recursive: true });
}
process.exit(0);
