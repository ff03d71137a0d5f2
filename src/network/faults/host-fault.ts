import { DevnetError } from '../../shared/errors.ts';
import { formatList } from '../../shared/text.ts';
import { assertSupported, faultRequirements } from '../capabilities.ts';
import type { Fault, HostFault, PlannedFault } from '../fault.ts';
import type { RunningNetwork, RunningNode } from '../running-network.ts';

/**
 * Returns the faults to inject: one on a host becomes faults on the nodes that are on that host now.
 * @throws UnsupportedError where the network is on one host; DevnetError `usage` for a host without nodes
 */
export async function resolveHostFaults(
  network: Pick<RunningNetwork, 'name' | 'nodes' | 'runtime'>,
  faults: readonly PlannedFault[],
): Promise<Fault[]> {
  const onHosts = faults.filter((fault) => fault.kind === 'host');
  if (onHosts.length === 0) return faults as Fault[];
  assertSupported(network.runtime, faultRequirements(onHosts));
  const nodes = await network.nodes();
  return faults.flatMap((fault) => (fault.kind === 'host' ? faultsOnNodes(network.name, fault, nodes) : [fault]));
}

/**
 * Returns the faults on nodes that a fault on their host stands for. A cut is of all of its nodes, a pause or a kill of those that
 * can be paused or killed.
 * @throws DevnetError `usage` for a host without nodes, and for a cut where no other host has any
 */
export function faultsOnNodes(network: string, { host, action }: HostFault, nodes: readonly RunningNode[]): Fault[] {
  const namesOf = (some: readonly RunningNode[]) => some.map(({ name }) => name);
  const inside = nodes.filter(({ onHost }) => onHost === host);
  if (inside.length === 0) {
    const hosts = [...new Set(nodes.flatMap(({ onHost }) => onHost ?? []))].sort();
    throw new DevnetError('usage', `no node of "${network}" is on a host "${host}"`, {
      hint: `its nodes are on ${formatList(hosts)}; devnet status shows the host of each`,
    });
  }
  switch (action) {
    case 'cut': {
      const [from, to] = [namesOf(inside), namesOf(nodes.filter((node) => !inside.includes(node)))];
      if (to.length > 0)
        return [
          {
            kind: 'partition',
            cuts: [
              { from, to },
              { from: to, to: from },
            ],
          },
        ];
      throw new DevnetError('usage', `all nodes of "${network}" are on ${host}: there is nothing to cut it off from`, {
        hint: `devnet host ${host} pause`,
      });
    }
    case 'pause':
    case 'kill': {
      const hit = inside.filter(({ state }) => state === 'running' || (action === 'kill' && state === 'paused'));
      return namesOf(hit).map((node) => ({ kind: action, node }));
    }
  }
}
