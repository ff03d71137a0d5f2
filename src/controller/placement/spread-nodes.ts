import type { TopologyNode } from '../../topology/model/topology.ts';

/** A host that nodes can be put on, and what is free on it. */
export interface HostCapacity {
  name: string;
  memoryBytes: number;
  cores: number;
}

/**
 * Returns the host of each node: the one that it is on, the one that it declares, or the host that is least full with it. A
 * host's share is that of its free memory or of its cores, whichever is smaller.
 * @param kept hosts of the nodes that stay where they are
 */
export function spreadNodes(
  nodes: readonly Pick<TopologyNode, 'name' | 'host'>[],
  hosts: readonly HostCapacity[],
  kept: ReadonlyMap<string, string>,
): Map<string, string> {
  const total = (key: 'memoryBytes' | 'cores') => hosts.reduce((sum, host) => sum + host[key], 0);
  const [memory, cores] = [total('memoryBytes'), total('cores')];
  const shares = new Map(hosts.map((host) => [host.name, Math.min(host.memoryBytes / memory, host.cores / cores)]));
  const counts = new Map(hosts.map(({ name }) => [name, 0]));
  const put = (host: string) => counts.set(host, (counts.get(host) ?? 0) + 1);
  const placed = new Map<string, string>();
  for (const { name, host = kept.get(name) } of nodes) {
    if (host === undefined) continue;
    placed.set(name, host);
    put(host);
  }
  const fullness = (host: string) => ((counts.get(host) ?? 0) + 1) / (shares.get(host) as number);
  return new Map(
    nodes.map(({ name }) => {
      const host =
        placed.get(name) ??
        [...shares.keys()].reduce((best, other) => (fullness(other) < fullness(best) ? other : best));
      if (!placed.has(name)) put(host);
      return [name, host];
    }),
  );
}
