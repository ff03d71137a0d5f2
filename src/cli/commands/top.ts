import { Command } from 'commander';
import { findDevnet, type Observed } from '../../devnet/observe.ts';
import { connectEngine, type Engine } from '../../engine/engine.ts';
import { type Usage, watchUsage } from '../../engine/usage.ts';
import { bytes, table } from '../format.ts';
import { takeInterrupt } from '../interrupt.ts';

export const topCommand = (): Command =>
  new Command('top')
    .summary('memory, processor and traffic of each node')
    .description('Shows what each node uses, refreshed every second on a terminal; elsewhere once.')
    .argument('[name]', 'name of the devnet; without it, the only one there is')
    .option('--once', 'show it once and end')
    .option('--json', 'once, as JSON')
    .action(run);

/** Two counts of one node; what it uses per second is the difference. */
interface Pair {
  before: Usage;
  now: Usage;
}

async function run(name: string | undefined, options: { once?: true; json?: true }): Promise<void> {
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, name);
  const live = process.stdout.isTTY && !options.once && !options.json;
  const interrupt = takeInterrupt(() => process.exit(130));
  const over = new AbortController();
  const pairs = new Map<string, Pair>();
  const counted = watchAll(engine, devnet, pairs, AbortSignal.any([interrupt.signal, over.signal]), (all) => {
    if (live) process.stdout.write(`\x1b[H\x1b[J${view(devnet, pairs)}\n`);
    else if (all) over.abort();
  });
  if (live) process.stdout.write('\x1b[?1049h'); // A screen of its own: what was there comes back.
  try {
    await counted;
  } finally {
    if (live) process.stdout.write('\x1b[?1049l');
  }
  interrupt.release();
  if (options.json) process.stdout.write(`${JSON.stringify(rows(devnet, pairs))}\n`);
  else process.stdout.write(`${view(devnet, pairs)}\n`);
}

/** @param counted called at each count; `all` once every running node was counted twice */
async function watchAll(
  engine: Engine,
  { nodes }: Observed,
  pairs: Map<string, Pair>,
  signal: AbortSignal,
  counted: (all: boolean) => void,
): Promise<void> {
  const last = new Map<string, Usage>();
  const running = nodes.filter(({ state }) => state === 'running');
  await Promise.all(
    running.map(({ name, containerId }) =>
      watchUsage(engine, containerId, signal, (now) => {
        const before = last.get(name);
        last.set(name, now);
        if (before) pairs.set(name, { before, now });
        counted(pairs.size === running.length);
      }),
    ),
  );
}

interface Row {
  node: string;
  state: string;
  /** Bytes. */
  memory?: number;
  memoryLimit?: number;
  /** Share of one core, in percent. */
  cpu?: number;
  /** Bytes a second, and in all. */
  receiving?: number;
  sending?: number;
  received?: number;
  sent?: number;
}

function rows({ nodes }: Observed, pairs: ReadonlyMap<string, Pair>): Row[] {
  return nodes.map(({ name, state }) => {
    const pair = pairs.get(name);
    if (!pair) return { node: name, state };
    const { before, now } = pair;
    const seconds = (now.time - before.time) / 1000;
    return {
      node: name,
      state,
      memory: now.memory,
      memoryLimit: now.memoryLimit,
      cpu: ((now.cpu - before.cpu) / 1e9 / seconds) * 100,
      receiving: (now.received - before.received) / seconds,
      sending: (now.sent - before.sent) / seconds,
      received: now.received,
      sent: now.sent,
    };
  });
}

function view(devnet: Observed, pairs: ReadonlyMap<string, Pair>): string {
  const rate = (value: number | undefined) => (value === undefined ? '-' : `${bytes(Math.round(value))}/s`);
  const total = (value: number | undefined) => (value === undefined ? '-' : bytes(value));
  const lines = rows(devnet, pairs).map(
    ({ node, state, memory, memoryLimit, cpu, receiving, sending, received, sent }) => [
      node,
      state,
      memory === undefined ? '-' : `${bytes(memory)} of ${bytes(memoryLimit ?? 0)}`,
      cpu === undefined ? '-' : `${cpu.toFixed(1)} %`,
      rate(receiving),
      rate(sending),
      total(received),
      total(sent),
    ],
  );
  return table([['NODE', 'STATE', 'MEMORY', 'CPU', 'IN', 'OUT', 'IN ALL', 'OUT ALL'], ...lines]);
}
