import { findDrift } from '../devnet/drift.ts';
import { type DevnetStatus, linkStatuses } from '../devnet/status.ts';
import { addressesOf, askNodes } from './ask-nodes.ts';
import type { Backend } from './backend.ts';

/**
 * How nodes in this process stand, as `devnet status` tells it of containers.
 * @param created seconds since the epoch
 */
export async function standingOf(
  backend: Pick<Backend, 'nodes' | 'route' | 'topology'>,
  subnet: string,
  created: number,
): Promise<DevnetStatus> {
  const { name, links } = backend.topology;
  const nodes = await backend.nodes();
  const addresses = addressesOf(nodes);
  const reports = await askNodes(backend, nodes);
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
