/**
 * Overhead of `up` and `down` of N verified nodes over the engine's own work: creating and starting, and removing, the same
 * N containers, alternately. The best parallelism for the engine alone is found first.
 *
 *   npm run bench:up -- [nodes] [rounds] [degree]
 *
 * The topology is a ring, or with a degree a random regular graph; each link is work that the engine alone does not do.
 */
import pLimit from 'p-limit';
import { createNodeNetwork } from '../src/controller/lifecycle/create-network.ts';
import { down } from '../src/controller/lifecycle/down.ts';
import { nodeContainerSpec, placementOn } from '../src/controller/lifecycle/node-container.ts';
import { assignAddresses } from '../src/controller/lifecycle/plan.ts';
import { up } from '../src/controller/lifecycle/up.ts';
import { startContainer } from '../src/engine/container-lifecycle.ts';
import { createContainer, removeContainer } from '../src/engine/containers.ts';
import { connectEngine } from '../src/engine/engine.ts';
import { ensureNodeImage } from '../src/engine/images/node-image.ts';
import { removeNetwork } from '../src/engine/networks.ts';
import type { DevnetError } from '../src/shared/errors.ts';
import { parseTopology } from '../src/topology/index.ts';

const nodes = Number(process.argv[2] ?? 50);
const rounds = Number(process.argv[3] ?? 3);
const links = process.argv[4] === undefined ? 'ring' : `{ shape: regular, degree: ${process.argv[4]} }`;
const engine = await connectEngine();
const image = await ensureNodeImage(engine);
const topology = parseTopology(`name: bench\nnodes: { count: ${nodes} }\nlinks: ${links}`, {
  file: 'bench',
  name: 'bench',
});

interface Timing {
  up: number;
  down: number;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

let engineRuns = 0;

async function runEngine(parallel: number): Promise<Timing> {
  // A new name each time: an engine that miscounted endpoints keeps the network, and refuses another one of that name.
  const name = `bench-engine-${++engineRuns}`;
  const network = await createNodeNetwork(engine, { ...topology, name }, name);
  const addresses = assignAddresses(topology, network.subnet);
  const ids: string[] = [];
  const limit = pLimit(parallel);
  const upTime = await seconds(() =>
    Promise.all(
      topology.nodes.map((node) =>
        limit(async () => {
          const address = addresses.get(node.name) as string;
          const spec = nodeContainerSpec(name, name, node, placementOn(network, address), image.reference);
          const id = await createContainer(engine, spec);
          ids.push(id);
          await startContainer(engine, id, node.name);
        }),
      ),
    ),
  );
  const downTime = await seconds(() => Promise.all(ids.map((id) => limit(() => removeContainer(engine, id)))));
  await removeNetwork(engine, network.id).catch((failure: DevnetError) => {
    // Containers that are removed all at once, as here, make Docker before 28.1 miscount endpoints now and then.
    if (failure.code !== 'network_stuck') throw failure;
    console.log(`the engine cannot remove network ${name}: restart it, then docker network rm devnet.${name}`);
  });
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

const trials: { parallel: number; timing: Timing }[] = [];
for (const parallel of [4, 6, 8]) {
  const timing = await runEngine(parallel);
  trials.push({ parallel, timing });
  show(`engine, ${parallel} at once`, timing);
}
const bestUp = trials.reduce((best, trial) => (trial.timing.up < best.timing.up ? trial : best)).parallel;
console.log(`best parallelism of the engine: ${bestUp}`);

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const pairs: { engine: Timing; devnet: Timing }[] = [];
for (let round = 1; round <= rounds; round++) {
  const pair = { engine: await runEngine(bestUp), devnet: await runDevnet() };
  pairs.push(pair);
  show(`round ${round}: engine`, pair.engine);
  show(`round ${round}: devnet`, pair.devnet);
}
const ratio = (part: keyof Timing) => median(pairs.map((pair) => pair.devnet[part] / pair.engine[part])).toFixed(3);
console.log(
  `${nodes} nodes, ${topology.links.length} links, median of ${rounds} rounds: up ${ratio('up')} x the engine, down ${ratio('down')} x`,
);
process.exit(0);
