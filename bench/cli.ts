/**
 * Start-up cost of short commands: wall time, processor time and peak memory of `devnet --help`, `validate`, `ls` and `plan`
 * against `node -e 0`, one after another in each round.
 *
 *   npm run bench:cli -- [rounds]
 *
 * Exits with 1 when a median is above its goal. `ls` and `plan` ask an engine and are left out where none answers.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rounds = Number(process.argv[2] ?? 15);
const cli = join('dist', 'cli.js');
const folder = mkdtempSync(join(tmpdir(), 'devnet-bench-'));
const usageFile = join(folder, 'usage.json');
const topologyFile = join(folder, 'ring.yaml');
writeFileSync(topologyFile, 'name: bench-cli\nnodes: { count: 8 }\nlinks: ring\n');
// Loaded into every measured process: a parent cannot ask for the processor time and the memory of a child.
const recorder = join(folder, 'recorder.cjs');
writeFileSync(
  recorder,
  `process.once('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  require('node:fs').writeFileSync(${JSON.stringify(usageFile)}, JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1e3, memory: maxRSS / 1024 }));
});`,
);

interface Sample {
  /** Milliseconds. */
  wall: number;
  /** Milliseconds. */
  cpu: number;
  /** MiB. */
  memory: number;
}

interface Case {
  name: string;
  args: string[];
  /** Highest multiple of the time of `node -e 0`. */
  goal?: number;
  samples: Sample[];
}

function measure(args: string[]): Sample | undefined {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, ['--require', recorder, ...args]);
  const wall = performance.now() - began;
  return status === 0 ? { wall, ...(JSON.parse(readFileSync(usageFile, 'utf8')) as Omit<Sample, 'wall'>) } : undefined;
}

const cases: Case[] = [
  { name: 'node -e 0', args: ['-e', '0'], samples: [] },
  { name: 'devnet --help', args: [cli, '--help'], goal: 3, samples: [] },
  { name: 'devnet validate FILE', args: [cli, 'validate', topologyFile], goal: 6, samples: [] },
  { name: 'devnet ls', args: [cli, 'ls'], samples: [] },
  { name: 'devnet plan FILE', args: [cli, 'plan', topologyFile], samples: [] },
];
// The first of each fills the page cache, and shows whether it works here.
const working = cases.filter(({ name, args }) => {
  if (measure(args)) return true;
  console.log(`${name}: left out, it fails here`);
  return false;
});
for (let round = 0; round < rounds; round++) {
  for (const { args, samples } of working) samples.push(measure(args) as Sample);
}
rmSync(folder, { recursive: true });

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const medianOf = ({ samples }: Case, figure: keyof Sample) => median(samples.map((sample) => sample[figure]));
const base = working[0] as Case;
console.log(`${'median'.padEnd(22)} ${'time'.padStart(16)} ${'processor'.padStart(16)} ${'memory'.padStart(16)}`);
for (const one of working) {
  const cells = (['wall', 'cpu', 'memory'] as const).map((figure) => {
    const value = medianOf(one, figure);
    const unit = figure === 'memory' ? 'MiB' : 'ms';
    return `${value.toFixed(0)} ${unit} ${(value / medianOf(base, figure)).toFixed(1)} x`.padStart(16);
  });
  const missed = one.goal !== undefined && medianOf(one, 'wall') > one.goal * medianOf(base, 'wall');
  const goal = one.goal === undefined ? '' : `  goal: ${one.goal} x${missed ? ', missed' : ''}`;
  console.log(`${one.name.padEnd(22)} ${cells.join(' ')}${goal}`);
  if (missed) process.exitCode = 1;
}
