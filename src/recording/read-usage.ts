import type { ResourceUsage, RunningNetwork } from '../network/running-network.ts';
import type { Samples } from './recording-event.ts';

/** Time for the counts, which come about once a second. */
const COUNT_TIMEOUT_MS = 3_000;
const NANOSECONDS_PER_SECOND = 1e9;

/**
 * Counts once what each node uses, as metrics by the names that `devnet metrics` has. A node that does not count in time is left out.
 * @param running number of nodes that run
 */
export async function readUsage(
  network: Pick<RunningNetwork, 'watchUsage'>,
  running: number,
  signal: AbortSignal,
): Promise<Samples> {
  const counted = new Map<string, ResourceUsage>();
  const done = new AbortController();
  const timer = setTimeout(() => done.abort(), COUNT_TIMEOUT_MS);
  const onUsage = (node: string, usage: ResourceUsage) => {
    counted.set(node, usage);
    if (counted.size >= running) done.abort();
  };
  try {
    await network.watchUsage(onUsage, AbortSignal.any([signal, done.signal]));
  } finally {
    clearTimeout(timer);
  }
  const metric = (of: (usage: ResourceUsage) => number) =>
    Object.fromEntries([...counted].map(([node, usage]) => [node, of(usage)]));
  if (counted.size === 0) return {};
  return {
    devnet_node_memory_bytes: metric(({ memory }) => memory),
    devnet_node_cpu_seconds_total: metric(({ cpu }) => cpu / NANOSECONDS_PER_SECOND),
    devnet_node_received_bytes_total: metric(({ received }) => received),
    devnet_node_sent_bytes_total: metric(({ sent }) => sent),
  };
}
