import { findDevnet, type NetworkState } from '../../../controller/state/network-state.ts';
import { connectEngine, type Engine } from '../../../engine/engine.ts';
import { type ResourceUsage, watchResourceUsage } from '../../../engine/resource-usage.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { networkName } from '../../input/select-network.ts';
import { formatBytes, formatTable } from '../../output/format.ts';
import { canRedraw } from '../../output/progress-task.ts';

/** Two consecutive counts of one node; their difference is what it uses per second. */
interface UsageInterval {
  before: ResourceUsage;
  now: ResourceUsage;
}

export async function run(
  argument: string | undefined,
  options: { name?: string; once?: true; json?: true },
): Promise<void> {
  const engine = await connectEngine();
  const network = await findDevnet(engine, networkName(argument, options.name));
  const live = canRedraw(process.stdout) && !options.once && !options.json;
  const interrupt = handleInterrupt();
  const complete = new AbortController();
  const intervals = new Map<string, UsageInterval>();
  const watching = watchAllNodes(
    engine,
    network,
    intervals,
    AbortSignal.any([interrupt.signal, complete.signal]),
    (all) => {
      if (live) process.stdout.write(`\x1b[H\x1b[J${formatUsageTable(network, intervals)}\n`);
      else if (all) complete.abort();
    },
  );
  if (live) process.stdout.write('\x1b[?1049h'); // The alternate screen: the terminal gets its contents back afterwards.
  try {
    await watching;
  } finally {
    if (live) process.stdout.write('\x1b[?1049l');
  }
  interrupt.release();
  if (options.json) process.stdout.write(`${JSON.stringify(usageRows(network, intervals))}\n`);
  else process.stdout.write(`${formatUsageTable(network, intervals)}\n`);
}

/** @param onCount called at each count; `all` once every running node was counted twice */
async function watchAllNodes(
  engine: Engine,
  { nodes }: NetworkState,
  intervals: Map<string, UsageInterval>,
  signal: AbortSignal,
  onCount: (all: boolean) => void,
): Promise<void> {
  const last = new Map<string, ResourceUsage>();
  const running = nodes.filter(({ state }) => state === 'running');
  await Promise.all(
    running.map(({ name, containerId }) =>
      watchResourceUsage(engine, containerId, signal, (now) => {
        const before = last.get(name);
        last.set(name, now);
        if (before) intervals.set(name, { before, now });
        onCount(intervals.size === running.length);
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
  /** Percent of one core. */
  cpu?: number;
  /** Bytes per second. */
  receiving?: number;
  sending?: number;
  /** Bytes since the node started. */
  received?: number;
  sent?: number;
}

function usageRows({ nodes }: NetworkState, intervals: ReadonlyMap<string, UsageInterval>): UsageRow[] {
  return nodes.map(({ name, state }) => {
    const interval = intervals.get(name);
    if (!interval) return { node: name, state };
    const { before, now } = interval;
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

function formatUsageTable(network: NetworkState, intervals: ReadonlyMap<string, UsageInterval>): string {
  const perSecond = (value: number | undefined) => (value === undefined ? '-' : `${formatBytes(Math.round(value))}/s`);
  const size = (value: number | undefined) => (value === undefined ? '-' : formatBytes(value));
  const lines = usageRows(network, intervals).map(
    ({ node, state, memory, memoryLimit, cpu, receiving, sending, received, sent }) => [
      node,
      state,
      memory === undefined ? '-' : `${formatBytes(memory)} of ${formatBytes(memoryLimit ?? 0)}`,
      cpu === undefined ? '-' : `${cpu.toFixed(1)} %`,
      perSecond(receiving),
      perSecond(sending),
      size(received),
      size(sent),
    ],
  );
  return formatTable([['NODE', 'STATE', 'MEMORY', 'CPU', 'IN', 'OUT', 'IN ALL', 'OUT ALL'], ...lines]);
}
