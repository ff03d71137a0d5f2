/**
 * What a bundled node takes until it listens, in processor time and memory, against the least program that listens. All are
 * started one after another in each round.
 *
 *   npm run bench:start -- [rounds]
 *
 * Linux only: it reads /proc. Exits with 1 when a median is above its goal.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processorTime } from './support/processor-time.ts';

const rounds = Number(process.argv[2] ?? 31);
/** Highest multiple of the least program. */
const GOAL = 1.3;

const LISTENER = "require('node:net').createServer().listen(0, '127.0.0.1', () => console.log('listening'))";
const PROGRAMS = { 'least program': ['-e', LISTENER], 'bundled node': [join('dist', 'node.cjs')] };

interface Sample {
  /** Processor time of all threads, milliseconds. */
  cpu: number;
  /** Memory in use, with what it shares with others, MiB. */
  memory: number;
}

/** Starts a program and measures it when it has written `listening`. */
async function measure(args: readonly string[]): Promise<Sample> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { DEVNET_NAME: 'n1', DEVNET_HOST: '127.0.0.1', DEVNET_PORT: '0' },
  });
  try {
    await untilListening(child);
    return { cpu: processorTime(child.pid as number), memory: residentMemory(child.pid as number) };
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

async function untilListening({ stdout }: ChildProcess): Promise<void> {
  let text = '';
  for await (const chunk of stdout as NodeJS.ReadableStream) {
    text += chunk;
    if (text.includes('listening')) return;
  }
  throw new Error(`the program ended before it listened: ${text}`);
}

function residentMemory(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

const samples = new Map<string, Sample[]>(Object.keys(PROGRAMS).map((name) => [name, []]));
for (let round = 0; round <= rounds; round++) {
  for (const [name, args] of Object.entries(PROGRAMS)) {
    const sample = await measure(args);
    if (round > 0) samples.get(name)?.push(sample); // The first fills the page cache.
  }
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number;
const medianOf = (name: string, figure: keyof Sample) => median((samples.get(name) ?? []).map((one) => one[figure]));
console.log(`${'median until it listens'.padEnd(24)} ${'processor'.padStart(18)} ${'memory'.padStart(18)}`);
let missed = false;
for (const name of samples.keys()) {
  const cells = (['cpu', 'memory'] as const).map((figure) => {
    const ratio = medianOf(name, figure) / medianOf('least program', figure);
    if (ratio > GOAL) missed = true;
    return `${medianOf(name, figure).toFixed(1)} ${figure === 'cpu' ? 'ms' : 'MiB'} ${ratio.toFixed(2)} x`.padStart(18);
  });
  console.log(`${name.padEnd(24)} ${cells.join(' ')}`);
}
console.log(`goal: ${GOAL} x${missed ? ', missed' : ''}`);
if (missed) process.exitCode = 1;
