/**
 * Memory of an idle node's container against that of a three-line listener on the same base image, alternately. Only
 * anonymous memory is counted: the page cache is charged to whichever container reads a file first.
 *
 *   npm run bench:memory -- [rounds]
 */
import { setTimeout as wait } from 'node:timers/promises';
import { connectEngine } from '../src/engine/connection/engine.ts';
import { startContainer } from '../src/engine/container-lifecycle.ts';
import { createContainer, removeContainer } from '../src/engine/containers.ts';
import { ensureBaseImage } from '../src/engine/images/base-image.ts';
import { ensureNodeImage } from '../src/engine/images/node-image.ts';

const rounds = Number(process.argv[2] ?? 5);
/** Time until an idle program has settled. */
const SETTLE_TIME_MS = 5_000;
const engine = await connectEngine();
const node = { image: (await ensureNodeImage(engine)).reference };
const listener = {
  image: (await ensureBaseImage(engine)).reference,
  command: [
    'node',
    '-e',
    "const { createServer } = require('net');\nconst server = createServer((socket) => socket.end());\nserver.listen(3000);",
  ],
};

async function measureIdleBytes(name: string, program: { image: string; command?: string[] }): Promise<number> {
  const id = await createContainer(engine, {
    name: `devnet-bench-${name}`,
    ...program,
    hostname: name,
    env: {},
    labels: { 'devnet.bench': 'memory' },
    memory: 64 * 1024 * 1024,
    pidsLimit: 64,
    user: '1000:1000',
    writable: false,
    capabilities: [],
  });
  try {
    await startContainer(engine, id, name);
    await wait(SETTLE_TIME_MS);
    const { memory_stats: memory } = await engine.docker.getContainer(id).stats({ stream: false, 'one-shot': true });
    // cgroup v1 says total_rss, v2 anon.
    const { total_rss: rss, anon } = memory.stats as unknown as Record<string, number>;
    const used = rss ?? anon;
    if (used === undefined) throw new Error(`${name} is not running`);
    return used;
  } finally {
    await removeContainer(engine, id);
  }
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const mebibytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(2);
const pairs: { node: number; listener: number }[] = [];
for (let round = 1; round <= rounds; round++) {
  const pair = { listener: await measureIdleBytes('listener', listener), node: await measureIdleBytes('node', node) };
  pairs.push(pair);
  console.log(`round ${round}: three lines ${mebibytes(pair.listener)} MiB   node ${mebibytes(pair.node)} MiB`);
}
const ratio = median(pairs.map((pair) => pair.node / pair.listener));
console.log(`median of ${rounds} rounds: the idle node uses ${ratio.toFixed(3)} x what three lines use`);
process.exit(0);
