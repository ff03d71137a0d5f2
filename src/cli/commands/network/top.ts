import { setTimeout as wait } from 'node:timers/promises';
import type { ResourceUsage } from '../../../engine/resource-usage.ts';
import type { NetworkStatus } from '../../../network/network-status.ts';
import type { RunningNetwork, RunningNode } from '../../../network/running-network.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { describeError } from '../../../shared/errors.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { networkName } from '../../input/select-network.ts';
import { formatBytes, formatMemory, formatTable } from '../../output/format.ts';
import { canRedraw } from '../../output/progress/progress-task.ts';
import { formatFaults } from '../../output/status-format.ts';

/** Time between two looks at the states of nodes and the faults in force. */
const REFRESH_INTERVAL_MS = 2_000;

/** Further parts of the output, beside the resources that nodes use. */
interface Overview extends Pick<NetworkStatus, 'faults' | 'faultsUnknown'> {
  nodes: readonly RunningNode[];
}

/** Two consecutive counts of one node; their difference is what it uses per second. */
interface UsageInterval {
  before: ResourceUsage;
  now: ResourceUsage;
}

export async function run(
  argument: string | undefined,
  options: { name?: string; once?: true; json?: true },
): Promise<void> {
  const network = await attachNetwork(networkName(argument, options.name));
  let overview = await readOverview(network);
  const live = canRedraw(process.stdout) && !options.once && !options.json;
  const interrupt = handleInterrupt();
  const complete = new AbortController();
  const intervals = new Map<string, UsageInterval>();
  const signal = AbortSignal.any([interrupt.signal, complete.signal]);
  const watching = watchAllNodes(network, overview.nodes, intervals, signal, (all) => {
    if (live) process.stdout.write(`\x1b[H\x1b[J${formatOverview(overview, intervals)}\n`);
    else if (all) complete.abort();
  });
  if (live) {
    void refresh(network, signal, (next) => {
      overview = next;
    });
  }
  if (live) process.stdout.write('\x1b[?1049h'); // The alternate screen: the terminal gets its contents back afterwards.
  try {
    await watching;
  } finally {
    if (live) process.stdout.write('\x1b[?1049l');
  }
  interrupt.release();
  if (options.json) process.stdout.write(`${JSON.stringify(usageRows(overview.nodes, intervals))}\n`);
  else process.stdout.write(`${formatOverview(overview, intervals)}\n`);
}

/** Reads the overview again and again until the signal aborts. */
async function refresh(
  network: RunningNetwork,
  signal: AbortSignal,
  onRead: (overview: Overview) => void,
): Promise<void> {
  while (!signal.aborted) {
    // One that fails, as when the network goes down, leaves the last one.
    await readOverview(network).then(onRead, () => {});
    await wait(REFRESH_INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
}

async function readOverview(network: RunningNetwork): Promise<Overview> {
  const [nodes, faults] = await Promise.all([
    network.nodes(),
    network.activeFaults().then(
      (found) => ({ faults: found }),
      (cause: unknown) => ({ faults: [], faultsUnknown: describeError(cause) }),
    ),
  ]);
  return { nodes, ...faults };
}

/** @param onCount called at each count; `all` once every running node was counted twice */
async function watchAllNodes(
  network: RunningNetwork,
  nodes: readonly RunningNode[],
  intervals: Map<string, UsageInterval>,
  signal: AbortSignal,
  onCount: (all: boolean) => void,
): Promise<void> {
  const last = new Map<string, ResourceUsage>();
  const running = nodes.filter(({ state }) => state === 'running');
  const onUsage = (node: string, now: ResourceUsage) => {
    const before = last.get(node);
    last.set(node, now);
    if (before) intervals.set(node, { before, now });
    onCount(intervals.size === running.length);
  };
  await network.watchUsage(onUsage, signal);
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

function usageRows(nodes: readonly RunningNode[], intervals: ReadonlyMap<string, UsageInterval>): UsageRow[] {
  return nodes.map(({ name, state }) => {
    const interval = intervals.get(name);
    if (!interval) return { node: name, state };
    const { before, now } = interval;
    const seconds = (now.time - before.time) / 1000;
    return {
      node: name,
      state,
      memory: now.memory,
      ...(now.memoryLimit === undefined ? {} : { memoryLimit: now.memoryLimit }),
      cpu: ((now.cpu - before.cpu) / 1e9 / seconds) * 100,
      receiving: (now.received - before.received) / seconds,
      sending: (now.sent - before.sent) / seconds,
      received: now.received,
      sent: now.sent,
    };
  });
}

/** Formats the nodes with what they use, and the faults in force. */
export function formatOverview(overview: Overview, intervals: ReadonlyMap<string, UsageInterval>): string {
  return [formatUsageTable(overview.nodes, intervals), '', ...formatFaults(overview)].join('\n').trimEnd();
}

function formatUsageTable(nodes: readonly RunningNode[], intervals: ReadonlyMap<string, UsageInterval>): string {
  const perSecond = (value: number | undefined) => (value === undefined ? '-' : `${formatBytes(Math.round(value))}/s`);
  const size = (value: number | undefined) => (value === undefined ? '-' : formatBytes(value));
  const lines = usageRows(nodes, intervals).map(
    ({ node, state, memory, memoryLimit, cpu, receiving, sending, received, sent }) => [
      node,
      state,
      formatMemory(memory, memoryLimit),
      cpu === undefined ? '-' : `${cpu.toFixed(1)} %`,
      perSecond(receiving),
      perSecond(sending),
      size(received),
      size(sent),
    ],
  );
  return formatTable([['NODE', 'STATE', 'MEMORY', 'CPU', 'IN', 'OUT', 'IN ALL', 'OUT ALL'], ...lines]);
}
