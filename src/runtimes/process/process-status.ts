import { type DevnetStatus, linkStatuses } from '../../controller/inspect/network-status.ts';
import { findDrift } from '../../network/drift.ts';
import { nodeAddresses, readNodeReports } from '../../network/node-reports.ts';
import type { RunningNetwork } from '../../network/running-network.ts';

/**
 * How nodes in this process stand, as `devnet status` tells it of containers.
 * @param created seconds since the epoch
 */
export async function readProcessStatus(
  backend: Pick<RunningNetwork, 'nodes' | 'dialer' | 'topology'>,
  subnet: string,
  created: number,
): Promise<DevnetStatus> {
  const { name, links } = backend.topology;
  const nodes = await backend.nodes();
  const addresses = nodeAddresses(nodes);
  const reports = await readNodeReports(backend, nodes);
  const drift = findDrift(links, addresses, reports);
  return {
    name,
    subnet,
    internal: true,
    created,
    nodes: nodes.map(({ name, state }) => ({ name, state, address: addresses.get(name) as string })),
    links: linkStatuses(links, addresses, reports, drift),
    drift,
  };
}
