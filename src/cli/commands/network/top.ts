import { Command } from 'commander';
import { findDevnet, type NetworkState } from '../../../controller/state/network-state.ts';
import { connectEngine, type Engine } from '../../../engine/engine.ts';
import { type ResourceUsage, watchResourceUsage } from '../../../engine/resource-usage.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { formatBytes, formatTable } from '../../output/format.ts';

export const topCommand = (): Command =>
  new Command('top')
    .summary('memory, processor and traffic of each node')
    .description('Shows what each node uses, refreshed every second on a terminal; elsewhere once.')
    .argument('[name]', 'name of the devnet; without it, the only one there is')
    .option('--once', 'show it once and end')
    .option('--json', 'once, as JSON')
    .action(run);

/** Two counts of one node; what it uses per second is the difference. */
interface UsageInterval {
  before: ResourceUsage;
  now: ResourceUsage;
}

async function run(name: string | undefined, options: { once?: true; json?: true }): Promise<void> {
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, name);
  const live = process.stdout.isTTY && !options.once && !options.json;
  const interrupt = handleInterrupt(() => process.exit(130));
  const over = new AbortController();
  const pairs = new Map<string, UsageInterval>();
  const counted = watchAllNodes(engine, devnet, pairs, AbortSignal.any([interrupt.signal, over.signal]), (all) => {
    if (live) process.stdout.write(`\x1b[H\x1b[J${formatUsageTable(devnet, pairs)}\n`);
    else if (all) over.abort();
  });
  if (live) process.stdout.write('\x1b[?1049h'); // A screen of its own: what was there comes back.
  try {
    await counted;
  } finally {
    if (live) process.stdout.write('\x1b[?1049l');
  }
  interrupt.release();
  if (options.json) process.stdout.write(`${JSON.stringify(usageRows(devnet, pairs))}\n`);
  else process.stdout.write(`${formatUsageTable(devnet, pairs)}\n`);
}

/** @param counted called at each count; `all` once every running node was counted twice */
async function watchAllNodes(
  engine: Engine,
  { nodes }: NetworkState,
  pairs: Map<string, UsageInterval>,
  signal: AbortSignal,
  counted: (all: boolean) => void,
): Promise<void> {
  const last = new Map<string, ResourceUsage>();
  const running = nodes.filter(({ state }) => state === 'running');
  await Promise.all(
    running.map(({ name, containerId }) =>
      watchResourceUsage(engine, containerId, signal, (now) => {
        const before = last.get(name);
        last.set(name, now);
        if (before) pairs.set(name, { before, now });
        counted(pairs.size === running.length);
      }),
    ),
  );
}

interface UsageRow {
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

function usageRows({ nodes }: NetworkState, pairs: ReadonlyMap<string, UsageInterval>): UsageRow[] {
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

function formatUsageTable(devnet: NetworkState, pairs: ReadonlyMap<string, UsageInterval>): string {
  const rate = (value: number | undefined) => (value === undefined ? '-' : `${formatBytes(Math.round(value))}/s`);
  const total = (value: number | undefined) => (value === undefined ? '-' : formatBytes(value));
  const lines = usageRows(devnet, pairs).map(
    ({ node, state, memory, memoryLimit, cpu, receiving, sending, received, sent }) => [
      node,
      state,
      memory === undefined ? '-' : `${formatBytes(memory)} of ${formatBytes(memoryLimit ?? 0)}`,
      cpu === undefined ? '-' : `${cpu.toFixed(1)} %`,
      rate(receiving),
      rate(sending),
      total(received),
      total(sent),
    ],
  );
  return formatTable([['NODE', 'STATE', 'MEMORY', 'CPU', 'IN', 'OUT', 'IN ALL', 'OUT ALL'], ...lines]);
}
