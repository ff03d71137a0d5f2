import { meetsConstraints } from '../../topology/model/placement-constraint.ts';
import type { TopologyNode } from '../../topology/model/topology.ts';

/** A host that nodes can be put on, and what is free on it. */
export interface HostCapacity {
  name: string;
  memoryBytes: number;
  cores: number;
  /** Its labels in the swarm. */
  labels: Readonly<Record<string, string>>;
}

/**
 * Returns the host of each node: the one that it is on, the one that it declares, or the host that is least full with it. A
 * host's share is that of its free memory or of its cores, whichever is smaller. Of nodes that are spread by a label, there are as
 * many on the hosts of each of its values, and within those they go to the host that is least full. Constraints leave only the hosts
 * that meet them.
 * @param kept hosts of the nodes that stay where they are
 */
export function spreadNodes(
  nodes: readonly Pick<TopologyNode, 'name' | 'host' | 'spread' | 'constraints'>[],
  hosts: readonly HostCapacity[],
  kept: ReadonlyMap<string, string>,
): Map<string, string> {
  const total = (key: 'memoryBytes' | 'cores') => hosts.reduce((sum, host) => sum + host[key], 0);
  const [memory, cores] = [total('memoryBytes'), total('cores')];
  const shares = new Map(hosts.map((host) => [host.name, Math.min(host.memoryBytes / memory, host.cores / cores)]));
  const counts = new Map(hosts.map(({ name }) => [name, 0]));
  const put = (host: string) => counts.set(host, (counts.get(host) ?? 0) + 1);
  const placed = new Map<string, string>();
  const labels = new Map(hosts.map((host) => [host.name, host.labels]));
  for (const { name, host = kept.get(name), constraints } of nodes) {
    if (host === undefined || !meetsConstraints(labels.get(host) ?? {}, constraints)) continue;
    placed.set(name, host);
    put(host);
  }
  /** Nodes of each label on the hosts of each of its values. */
  const spreadCounts = new Map<string, number>();
  const valueKey = (label: string, host: HostCapacity) => JSON.stringify([label, host.labels[label]]);
  const countSpread = (label: string | undefined, name: string) => {
    const host = hosts.find((one) => one.name === name);
    if (label === undefined || host === undefined) return;
    const key = valueKey(label, host);
    spreadCounts.set(key, (spreadCounts.get(key) ?? 0) + 1);
  };
  for (const { name, spread } of nodes) if (placed.has(name)) countSpread(spread, placed.get(name) as string);
  /** Hosts that a node may be put on. */
  const candidates = ({ spread: label, constraints }: Pick<TopologyNode, 'spread' | 'constraints'>): string[] => {
    const allowed = hosts.filter((host) => meetsConstraints(host.labels, constraints));
    if (label === undefined) return allowed.map(({ name }) => name);
    const labelled = allowed.filter(({ labels }) => labels[label] !== undefined);
    const countOf = (host: HostCapacity) => spreadCounts.get(valueKey(label, host)) ?? 0;
    const fewest = Math.min(...labelled.map(countOf));
    return labelled.filter((host) => countOf(host) === fewest).map(({ name }) => name);
  };
  const fullness = (host: string) => ((counts.get(host) ?? 0) + 1) / (shares.get(host) as number);
  return new Map(
    nodes.map((node) => {
      const { name, spread } = node;
      const known = placed.get(name);
      if (known !== undefined) return [name, known];
      const host = candidates(node).reduce((best, other) => (fullness(other) < fullness(best) ? other : best));
      put(host);
      countSpread(spread, host);
      return [name, host];
    }),
  );
}

/** Returns the constraints of a node, in words, where no host meets them all. */
export function findUnmetConstraints(
  { constraints }: Pick<TopologyNode, 'constraints'>,
  hosts: readonly HostCapacity[],
): string | undefined {
  return hosts.some(({ labels }) => meetsConstraints(labels, constraints)) ? undefined : constraints?.join(' and ');
}

/** Returns the label that a node is spread by, where no host that meets its constraints has it. */
export function findMissingLabel(
  { spread, constraints }: Pick<TopologyNode, 'spread' | 'constraints'>,
  hosts: readonly HostCapacity[],
): string | undefined {
  if (spread === undefined) return undefined;
  const isLabelled = hosts.some(({ labels }) => labels[spread] !== undefined && meetsConstraints(labels, constraints));
  return isLabelled ? undefined : spread;
}

/** Returns the command that gives hosts a label. */
export const labelFix = (label: string): string => `docker node update --label-add ${label}=VALUE HOST, on the manager`;

/** Returns the command that makes a host meet constraints. @param constraints as {@link findUnmetConstraints} has them */
export const constraintFix = (constraints: string): string => {
  const wanted = [...constraints.matchAll(/(\S+)==(\S+)/g)].map(([, label, value]) => `--label-add ${label}=${value}`);
  return `docker node update ${wanted.join(' ') || '--label-add LABEL=VALUE'} HOST, on the manager`;
};
