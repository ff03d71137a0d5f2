/**
 * Time of `net.relink`, against the least that it could take: asking every node once, over a new connection, for its links.
 * With the built library of another version, both do the same alternately, and the ratio is printed.
 *
 *   npm run bench:relink -- [nodes] [rounds] [runtime] [another version's dist/index.js]
 */
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Devnet, type RuntimeName, shapes } from '../src/index.ts';

const nodes = Number(process.argv[2] ?? 100);
const rounds = Number(process.argv[3] ?? 5);
const engine = (process.argv[4] ?? 'containers') as RuntimeName;
const other = process.argv[5];

const targets = {
  star: shapes.star(nodes),
  regular: shapes.regular(nodes, { degree: 4 }),
  ring: shapes.ring(nodes),
};

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

const libraries: (typeof Devnet)[] = [Devnet];
if (other !== undefined) {
  libraries.push(((await import(pathToFileURL(resolve(other)).href)) as { Devnet: typeof Devnet }).Devnet);
}
const name = `bench-relink-${process.pid}`;
const nets: Devnet[] = [];
try {
  for (const [place, library] of libraries.entries()) {
    nets.push(await library.up(targets.ring, { engine, name: `${name}-${place}`, artifacts: false, timeout: 120_000 }));
  }
  const timesByStep = new Map<string, number[]>();
  const measure = async (what: string, work: () => Promise<unknown>) => {
    timesByStep.set(what, [...(timesByStep.get(what) ?? []), await milliseconds(work)]);
  };
  for (let round = 0; round < rounds; round++) {
    for (const [place, net] of nets.entries()) await measure(`${place} asked`, () => net.graph());
    for (const [to, target] of Object.entries(targets)) {
      for (const [place, net] of nets.entries()) await measure(`${place} ${to}`, () => net.relink(target));
    }
  }
  const of = (place: number, what: string) => timesByStep.get(`${place} ${what}`) as number[];
  console.log(
    `${nodes} nodes, ${engine}, medians of ${rounds} rounds (and the quickest), load ${(loadavg()[0] as number).toFixed(1)}; ` +
      'each graph is linked from the one in the line above, the first from a ring',
  );
  for (const what of ['asked', ...Object.keys(targets)]) {
    const mine = median(of(0, what));
    const parts = [
      `${mine.toFixed(0)} ms`.padStart(9),
      `(${Math.min(...of(0, what)).toFixed(0)} ms)`.padStart(9),
      `${(mine / median(of(0, 'asked'))).toFixed(2)} x asking`.padStart(16),
    ];
    if (nets.length > 1) {
      const ratios = of(0, what).map((one, round) => one / (of(1, what)[round] as number));
      parts.push(`other version ${median(of(1, what)).toFixed(0)} ms, ratio ${median(ratios).toFixed(2)}`);
    }
    console.log(`${what.padEnd(8)}${parts.join('  ')}`);
  }
} finally {
  for (const net of nets) await net.down();
}
process.exit(0);
