/**
 * Sends mutated and random messages to a node and reports crashes, hangs and memory.
 *
 *   npm run fuzz -- [--count 1000000] [--seed N]
 */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzNode } from './fuzz-node.ts';

const { values } = parseArgs({ options: { count: { type: 'string' }, seed: { type: 'string' } } });
const count = Number(values.count ?? 100_000);
const seed = Number(values.seed ?? randomInt(1_000_000_000));
if (!(Number.isInteger(count) && count > 0 && Number.isInteger(seed) && seed >= 0)) {
  console.error('fuzz: --count must be a whole number above 0, --seed one from 0');
  process.exit(2);
}

console.log(`fuzz: ${count} messages, --seed ${seed}`);
let reported = 0;
const report = await fuzzNode({
  program: join(process.cwd(), 'dist', 'node.cjs'),
  messageCount: count,
  seed,
  onProgress(sent) {
    if (sent - reported < count / 10) return;
    reported = sent;
    console.log(`fuzz: ${sent} sent`);
  },
});
const mebibytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
console.log(
  `fuzz: ${report.sent} messages in ${report.seconds.toFixed(0)} s; ${report.closed} connections closed by the node; ` +
    `slowest pong on a fresh connection ${report.slowestPongMs.toFixed(0)} ms; ` +
    `memory ${mebibytes(report.memory.before)} MiB before, ${mebibytes(report.memory.after)} MiB after`,
);
for (const failure of report.failures.slice(0, 20)) console.log(`fuzz: FAILED: ${failure}`);
console.log(report.failures.length === 0 ? 'fuzz: no crash, no hang' : `fuzz: repeat with --seed ${seed}`);
process.exitCode = report.failures.length === 0 ? 0 : 1;
