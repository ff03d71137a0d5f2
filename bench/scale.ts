/**
 * Times of the common operations on networks of more and more nodes, each with two links to and two from each of its peers:
 * a table with a row for each size. `up` and `down` are beside the engine's own work for the same containers.
 *
 *   npm run bench:scale -- [sizes, as 50,200,1000] [containers at once for the engine alone]
 */
import { loadavg } from 'node:os';
import { status } from '../src/controller/inspect/read-status.ts';
import { findNetworkState } from '../src/controller/state/network-state.ts';
import { connectEngine } from '../src/engine/connection/engine.ts';
import { maxParallelContainers } from '../src/engine/endpoint-count-workaround.ts';
import { Devnet, shapes } from '../src/index.ts';
import { describeDrift, hasNoDrift } from '../src/network/links/drift.ts';
import { parseTopology } from '../src/topology/index.ts';
import { measureEngine, seconds } from './support/engine-floor.ts';

const DEGREE = 4;
/** The least of so many tries counts for what takes little time. */
const TRIES = 3;

const sizes = (process.argv[2] ?? '50,200,1000').split(',').map(Number);
const engine = await connectEngine();
const parallel = Number(process.argv[3] ?? maxParallelContainers(engine));

const COLUMNS = [
  'nodes',
  'links',
  'engine up',
  'up',
  'status',
  'partition',
  'heal',
  'relink',
  'gossip',
  'engine down',
  'down',
];
const row = (cells: readonly (string | number)[]) => `| ${cells.map((cell) => String(cell).padStart(7)).join(' | ')} |`;
console.log(
  `${engine.flavour} ${engine.version}, the engine alone with ${parallel} containers at once, load of this machine ${(loadavg()[0] as number).toFixed(1)}`,
);
console.log(row(COLUMNS));
console.log(row(COLUMNS.map(() => '---:')));

async function leastSeconds(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < TRIES; i++) times.push(await seconds(work));
  return Math.min(...times);
}

for (const size of sizes) {
  const name = `bench-scale-${process.pid}`;
  const text = `name: ${name}\nnodes: { count: ${size} }\nlinks: { shape: regular, degree: ${DEGREE} }`;
  const floor = await measureEngine(engine, parseTopology(text, { file: 'bench', name }), parallel);
  let net: Devnet | undefined;
  try {
    const upTime = await seconds(async () => {
      net = await Devnet.up(shapes.regular(size, { degree: DEGREE }), { name, timeout: 600_000 });
    });
    const devnet = net as unknown as Devnet;
    const statusTime = await leastSeconds(async () => {
      const found = await findNetworkState(engine, name);
      const { drift } = await status(engine, found);
      if (!hasNoDrift(drift))
        throw new Error(['the status is not that of the topology', ...describeDrift(drift)].join('\n  '));
    });
    const gossipTime = await leastSeconds(() => devnet.gossip('n1'));
    const partitionTime = await seconds(() => devnet.partition('halves'));
    const healTime = await seconds(() => devnet.heal());
    const relinkTime = await seconds(() =>
      devnet.relink(shapes.regular(size, { degree: DEGREE, seed: 2 }), { timeout: 600_000 }),
    );
    const downTime = await seconds(() => devnet.down());
    net = undefined;
    const times = [floor.up, upTime, statusTime, partitionTime, healTime, relinkTime, gossipTime, floor.down, downTime];
    console.log(row([size, devnet.topology.links.length, ...times.map((time) => time.toFixed(2))]));
  } finally {
    await net?.down();
  }
}
process.exit(0);
