import type { NetworkStatus } from '../network/network-status.ts';
import { namesByAddress } from '../network/node-names.ts';
import { queryNodes } from '../network/node-reports.ts';
import type { ResourceUsage, RunningNetwork } from '../network/running-network.ts';
import { fetchNodeTexts } from './node-endpoints.ts';
import { type NodeMetrics, parseNodeMetrics } from './node-metrics.ts';

/** All that is known of a network at one moment. */
export interface MetricsSnapshot {
  status: NetworkStatus;
  /** Of the nodes that report any. */
  nodes: NodeMetrics[];
  /** Use of resources by node, the last known. */
  usage: ReadonlyMap<string, ResourceUsage>;
  /** Metrics from the nodes' own endpoints, by node. */
  nodeTexts: ReadonlyMap<string, string>;
  /** Nodes that have an endpoint of their own that did not answer, and why. */
  endpointFailures: ReadonlyMap<string, string>;
}

/** Asks the runtime and all nodes. @throws what `status` throws */
export async function readSnapshot(
  network: RunningNetwork,
  usage: ReadonlyMap<string, ResourceUsage>,
): Promise<MetricsSnapshot> {
  const running = await network.nodes();
  const names = namesByAddress(network);
  const [status, payloads, endpoints] = await Promise.all([
    network.status({ usageOf: [], measureRoundTrips: false }),
    queryNodes(network, running, (control) => control.readStatus()),
    fetchNodeTexts(network, running),
  ]);
  return {
    status,
    nodes: payloads.flatMap((payload, index) =>
      payload === undefined ? [] : [parseNodeMetrics(running[index]?.name as string, payload, names)],
    ),
    usage,
    nodeTexts: endpoints.texts,
    endpointFailures: endpoints.failures,
  };
}
