import type { LinkState } from '../../agents/netem/state/link-state.ts';
import { findDrift, type NodeReport } from '../../network/drift.ts';
import { parseSubnet, type Subnet } from '../../shared/subnet.ts';
import type { Link, Topology, TopologyNode } from '../../topology/index.ts';
import type { NetworkState } from '../state/network-state.ts';
import { nodeAddress } from '../state/subnet.ts';

/** One thing `up` would do. */
export type PlanStep =
  | { do: 'make network'; why?: string }
  | { do: 'remove network'; why: string }
  | { do: 'make node'; node: string; why?: string }
  | { do: 'remove node'; node: string; why: string }
  | { do: 'unpause node'; node: string }
  /** What the topology says of the links' quality, and nothing else, is asked of them; `why`: what was asked before. */
  | { do: 'set conditions'; pairs: number; why?: string }
  /** `from` is told add_peer. */
  | { do: 'add link'; from: string; to: string }
  /** `from` is told remove_peer; `to` is a name, or the address of something that is no node of this devnet. */
  | { do: 'remove link'; from: string; to: string; address: string };

/** What runs already, as far as a plan depends on it. */
export interface CurrentState {
  networkState: NetworkState;
  /** What the running nodes say of their peers. */
  reports: readonly NodeReport[];
  /** Id of the image that each node is to run, by its name in the new topology. */
  imageIds: ReadonlyMap<string, string>;
  /** What is asked of the links, where anything ever was. */
  links?: LinkState;
}

/**
 * The steps from what runs to what is declared; none when they are the same. What need not be touched is not: a change of
 * links alone restarts nothing.
 */
export function planRollout(topology: Topology, present?: CurrentState): PlanStep[] {
  const remake = present && networkReplacementReason(topology, present.networkState);
  if (present === undefined || remake !== undefined) {
    return [...teardownSteps(present, remake), ...creationSteps(topology, remake, present?.links !== undefined)];
  }
  const { networkState: observed } = present;
  const steps: PlanStep[] = [];
  const declared = new Map(topology.nodes.map((node) => [node.name, node]));
  const made = new Set<string>();
  for (const { name } of observed.nodes) {
    if (!declared.has(name)) steps.push({ do: 'remove node', node: name, why: 'no longer declared' });
  }
  for (const node of topology.nodes) {
    const found = observed.nodes.find(({ name }) => name === node.name);
    const why = found
      ? nodeReplacementReason(node, present)
      : observed.topology?.nodes.some(({ name }) => name === node.name)
        ? 'gone'
        : 'new';
    if (why !== undefined) {
      if (found) steps.push({ do: 'remove node', node: node.name, why });
      steps.push({ do: 'make node', node: node.name, why });
      made.add(node.name);
    } else if (found?.state === 'paused') steps.push({ do: 'unpause node', node: node.name });
  }
  return [...steps, ...linkConditionSteps(topology, present), ...linkSteps(topology, present, made)];
}

/** The address of each declared node: those there are keep theirs, others take what is free. */
export function assignAddresses(topology: Topology, subnet: string, observed?: NetworkState): Map<string, string> {
  const range = parseSubnet(subnet) as Subnet;
  const kept = new Map(observed?.nodes.map(({ name, address }) => [name, address]));
  const addresses = new Map<string, string>();
  const taken = new Set(kept.values());
  let next = 0;
  for (const { name } of topology.nodes) {
    let address = kept.get(name);
    for (; address === undefined; next++) {
      const candidate = nodeAddress(range, next);
      if (!taken.has(candidate)) address = candidate;
    }
    taken.add(address);
    addresses.set(name, address);
  }
  return addresses;
}

function teardownSteps(present: CurrentState | undefined, why: string | undefined): PlanStep[] {
  if (present === undefined || why === undefined) return [];
  const nodes = present.networkState.nodes.map(({ name }): PlanStep => ({ do: 'remove node', node: name, why }));
  return present.networkState.network ? [...nodes, { do: 'remove network', why }] : nodes;
}

function creationSteps(topology: Topology, why: string | undefined, disturbed: boolean): PlanStep[] {
  const because = why === undefined ? {} : { why };
  const pairs = topology.conditions.length;
  return [
    { do: 'make network', ...because },
    ...(pairs > 0 || disturbed ? [{ do: 'set conditions', pairs } as const] : []),
    ...topology.nodes.map(({ name }): PlanStep => ({ do: 'make node', node: name, ...because })),
    ...topology.links.map(({ from, to }): PlanStep => ({ do: 'add link', from, to })),
  ];
}

/** Why the network, and with it every node, has to be made anew. */
function networkReplacementReason(
  { network, nodes }: Topology,
  { network: found, nodes: present }: NetworkState,
): string | undefined {
  if (!found) return 'the network is gone';
  if (network.internal !== found.internal)
    return network.internal ? 'the network is to be internal' : 'the network is to be open';
  if (network.subnet !== undefined && network.subnet !== found.subnet) return `the subnet is to be ${network.subnet}`;
  const { prefix } = parseSubnet(found.subnet) as Subnet;
  // Nodes that leave free their addresses only after those that come need theirs.
  const names = new Set([...nodes, ...present].map(({ name }) => name));
  return names.size + 4 > 2 ** (32 - prefix) ? `the subnet ${found.subnet} is too small` : undefined;
}

/** Why a node that is there has to be made anew. */
function nodeReplacementReason(
  node: TopologyNode,
  { networkState: observed, imageIds: images }: CurrentState,
): string | undefined {
  const found = observed.nodes.find(({ name }) => name === node.name);
  const before = observed.topology?.nodes.find(({ name }) => name === node.name);
  if (!found || !before) return 'not as it was made';
  if (found.state !== 'running' && found.state !== 'paused') return `it is ${found.state}`;
  const keys = new Set([...Object.keys(node), ...Object.keys(before)]) as Set<keyof TopologyNode>;
  const changed = [...keys].filter((key) => canonicalJson(node[key]) !== canonicalJson(before[key]));
  if (changed.length > 0) return `changed: ${changed.join(', ')}`;
  return images.get(node.name) === found.imageId ? undefined : 'its image was built anew';
}

/** What is asked of the links is put back to what is declared, when it is anything else. */
function linkConditionSteps(topology: Topology, { links }: CurrentState): PlanStep[] {
  const pairs = topology.conditions.length;
  if (!links) return pairs > 0 ? [{ do: 'set conditions', pairs }] : [];
  const names = new Map(links.nodes.map(({ name, address }) => [address, name]));
  const held = links.conditions.map((one) => ({ ...one, from: names.get(one.from), to: names.get(one.to) }));
  const faults = new Set([...links.cuts, ...links.messageFaults].map(({ fault }) => fault));
  if (faults.size > 0) return [{ do: 'set conditions', pairs, why: `heals ${[...faults].join(', ')}` }];
  if (links.shaping !== topology.shaping) return [{ do: 'set conditions', pairs, why: `shaping: ${topology.shaping}` }];
  const text = (conditions: readonly unknown[]) => conditions.map(canonicalJson).sort().join();
  return text(held) === text(topology.conditions) ? [] : [{ do: 'set conditions', pairs, why: 'changed' }];
}

function linkSteps(topology: Topology, present: CurrentState, made: ReadonlySet<string>): PlanStep[] {
  const { networkState: observed, reports } = present;
  const told = new Map(reports.map((report) => [report.node, report]));
  const now = new Map(observed.nodes.map(({ name, address, port }) => [name, `${address}:${port}`]));
  const ports = new Map(topology.nodes.map(({ name, port }) => [name, port]));
  const steps: PlanStep[] = [];
  for (const { name: node } of topology.nodes) {
    const links = topology.links.filter(({ from }) => from === node);
    if (made.has(node)) {
      steps.push(...links.map(({ from, to }): PlanStep => ({ do: 'add link', from, to })));
      continue;
    }
    // An address that will be another node's, or a port that changes, is not what the link is to lead to.
    const stays = new Map(
      [...now].filter(([name, address]) => ports.has(name) && address.endsWith(`:${ports.get(name)}`)),
    );
    const report = told.get(node);
    const asks = report?.source === 'get_status' || report?.source === 'get_peers';
    const { missing, extra } = findDrift(links, stays, [asks ? report : assumedReport(node, observed, now)]);
    steps.push(...missing.map(({ from, to }): PlanStep => ({ do: 'add link', from, to })));
    steps.push(
      ...extra.map(
        ({ from, to }): PlanStep => ({
          do: 'remove link',
          from,
          to: nodeNameAt(to, now),
          address: stays.get(to) ?? to,
        }),
      ),
    );
  }
  return steps;
}

/** The peers of a node that cannot be asked are those it was told of. */
function assumedReport(node: string, { topology }: NetworkState, addresses: ReadonlyMap<string, string>): NodeReport {
  const links = topology?.links.filter(({ from }: Link) => from === node) ?? [];
  return {
    node,
    source: 'get_peers',
    peers: links.flatMap(({ to }) => (addresses.has(to) ? [{ address: addresses.get(to) as string }] : [])),
  };
}

function nodeNameAt(to: string, addresses: ReadonlyMap<string, string>): string {
  return [...addresses].find(([, address]) => address === to)?.[0] ?? to;
}

/** A value's text, the same for equal values whatever the order of their keys. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort())
      : inner,
  );
}
