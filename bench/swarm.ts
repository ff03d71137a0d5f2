/**
 * What a network over several hosts takes beside the same network on one of them: seconds for `up` and `down` of N verified nodes,
 * alternately. The hosts are engines in namespaces of their own on this machine, so all of them share its processors.
 *
 *   npm run bench:swarm -- [nodes] [rounds] [hosts]
 */
import { loadavg } from 'node:os';
import { down } from '../src/controller/lifecycle/down.ts';
import { up } from '../src/controller/lifecycle/up.ts';
import type { Engine } from '../src/engine/connection/engine.ts';
import { connectSwarm } from '../src/runtimes/swarm/connect-swarm.ts';
import { parseTopology } from '../src/topology/index.ts';
import { SwarmCluster } from '../test/support/swarm-cluster.ts';
import { seconds, type Timing } from './support/engine-floor.ts';

const nodes = Number(process.argv[2] ?? 120);
const rounds = Number(process.argv[3] ?? 3);
const hosts = Number(process.argv[4] ?? 3);

async function measure(engine: Engine, name: string, subnet: string): Promise<Timing> {
  const text = `name: ${name}\nsubnet: ${subnet}\nnodes: { count: ${nodes} }\nlinks: { shape: regular, degree: 4 }`;
  const topology = parseTopology(text, { file: 'bench', name });
  let result: Awaited<ReturnType<typeof up>> | undefined;
  const upTime = await seconds(async () => {
    result = await up(engine, topology, { timeoutMs: 120_000 });
  });
  const downTime = await seconds(async () => result && down(engine, result.devnet));
  return { up: upTime, down: downTime };
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

await using cluster = await SwarmCluster.start(Array.from({ length: hosts }, (_, index) => `host-${index + 1}`));
const { engine } = cluster.manager;
console.log(
  `${hosts} hosts, Docker ${engine.version}, all on this machine, whose load is ${(loadavg()[0] as number).toFixed(1)}`,
);
const results: { one: Timing; all: Timing }[] = [];
for (let round = 0; round <= rounds; round++) {
  const one = await measure(engine, 'bench-one', '10.99.0.0/22');
  // The agents on the hosts go with the last network.
  const swarm = await connectSwarm(engine);
  const result = { one, all: await measure(swarm, 'bench-all', '10.98.0.0/22') };
  // The first one sends images to the hosts.
  if (round === 0) continue;
  results.push(result);
  for (const [label, timing] of Object.entries(result))
    console.log(`round ${round}, ${label.padEnd(4)} up ${timing.up.toFixed(2)} s   down ${timing.down.toFixed(2)} s`);
}
const ratio = (part: keyof Timing) => median(results.map(({ one, all }) => all[part] / one[part])).toFixed(2);
console.log(
  `${nodes} nodes on ${hosts} hosts beside one of them, median of ${rounds} rounds: up ${ratio('up')} x, down ${ratio('down')} x`,
);
