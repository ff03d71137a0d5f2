import type { RunningNetwork } from '../network/running-network.ts';
import { GossipLatencies } from './gossip-latencies.ts';
import { readSnapshot } from './read-snapshot.ts';
import { GossipHistograms, type MetricsFormat, renderMetrics } from './render-metrics.ts';
import { UsageWatch } from './usage-watch.ts';

/** Metrics of a running network. */
export interface MetricsSource {
  /** Returns the metrics as text. @throws what reading the network's status throws */
  read(format?: MetricsFormat): Promise<string>;
}

/**
 * Reads the log of a network: all of it, and then with `follow` what is written until the signal aborts.
 * Without `follow`, resolves once it was read.
 */
export async function openMetrics(
  network: RunningNetwork,
  { follow, signal }: { follow: boolean; signal: AbortSignal },
): Promise<MetricsSource> {
  const gossip = new GossipHistograms();
  const latencies = new GossipLatencies();
  const usage = new UsageWatch(network, signal);
  const log = await network.readLog({ follow, signal });
  const reading = (async () => {
    for await (const entries of log) gossip.add(latencies.add(entries));
  })();
  if (follow)
    reading.catch(() => {}); // The network is gone, as the next status says.
  else await reading;
  return { read: async (format) => renderMetrics(await readSnapshot(network, await usage.read()), gossip, format) };
}
