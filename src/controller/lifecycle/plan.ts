import { conditionsInForce } from '../../agents/netem/state/link-state.ts';
import { findDrift } from '../../network/links/drift.ts';
import type { NodeReport } from '../../network/links/node-report.ts';
import { creationSteps, type PlanStep } from '../../network/plan-step.ts';
import { groupBy } from '../../shared/group-by.ts';
import { parseSubnet, RESERVED_ADDRESSES, type Subnet, subnetSize } from '../../shared/subnet.ts';
import type { Topology, TopologyNode } from '../../topology/index.ts';
import { meetsConstraints } from '../../topology/model/placement-constraint.ts';
import { swarmNodeCapacity } from '../state/address-plan.ts';
import type { NetworkState, ObservedNode } from '../state/network-state.ts';
import { type ContainerSettings, canonicalJson, containerSettings, hashNodeConfig } from '../state/node-config.ts';
import type { CurrentState } from './current-state.ts';

/** The part of a network's state that a plan depends on, on every runtime that plans. */
export interface PlanBasis extends Pick<CurrentState, 'reports' | 'imageIds' | 'links' | 'hostLabels'> {
  networkState: Pick<NetworkState, 'topology' | 'failed'> & {
    isSwarm?: boolean;
    network: { internal: boolean; encrypted?: boolean; subnet: string } | undefined;
    nodes: readonly Omit<ObservedNode, 'containerId'>[];
  };
}

type PlannedNetwork = PlanBasis['networkState'];

/**
 * Returns the steps from the current state to the declared one; none when they are the same. Nothing is touched that need not
 * be: a change of links alone restarts no node.
 */
export function planRollout(topology: Topology, current?: PlanBasis): PlanStep[] {
  const replacementReason = current && networkReplacementReason(topology, current.networkState);
  if (current === undefined || replacementReason !== undefined) {
    return [
      ...teardownSteps(current, replacementReason),
      ...creationSteps(topology, { why: replacementReason, setsConditions: current?.links !== undefined }),
    ];
  }
  const { networkState } = current;
  const steps: PlanStep[] = [];
  const declared = new Set(topology.nodes.map(({ name }) => name));
  const created = new Set<string>();
  for (const { name } of networkState.nodes) {
    if (!declared.has(name)) steps.push({ do: 'remove node', node: name, why: 'no longer declared' });
  }
  const foundNodes = new Map(networkState.nodes.map((node) => [node.name, node]));
  const recorded = groupBy(
    recordedTopologies(networkState).flatMap(({ nodes }) => nodes),
    ({ name }) => name,
  );
  const wasDeclared = new Set(networkState.topology?.nodes.map(({ name }) => name));
  for (const node of topology.nodes) {
    const { name } = node;
    const found = foundNodes.get(name);
    const absence = wasDeclared.has(name) ? 'gone' : 'new';
    const why = found ? nodeReplacementReason(node, found, recorded.get(name), current) : absence;
    if (why !== undefined) {
      if (found) steps.push({ do: 'remove node', node: node.name, why });
      steps.push({ do: 'make node', node: node.name, why });
      created.add(node.name);
    } else if (found) {
      const { misplacement } = found;
      if (misplacement !== undefined)
        steps.push({ do: 'reconnect node', node: node.name, why: `it is ${misplacement}` });
      if (found.state === 'paused') steps.push({ do: 'unpause node', node: node.name });
    }
  }
  return [...steps, ...linkConditionSteps(topology, current), ...linkSteps(topology, current, created)];
}

function teardownSteps(current: PlanBasis | undefined, why: string | undefined): PlanStep[] {
  if (current === undefined || why === undefined) return [];
  const nodes = current.networkState.nodes.map(({ name }): PlanStep => ({ do: 'remove node', node: name, why }));
  return current.networkState.network ? [...nodes, { do: 'remove network', why }] : nodes;
}

/** Returns why the engine network, and with it every node, has to be replaced. */
function networkReplacementReason(
  { network, nodes }: Topology,
  { network: found, nodes: existing, isSwarm }: PlannedNetwork,
): string | undefined {
  if (!found) return 'the network is gone';
  if ((network.encrypted ?? false) !== (found.encrypted ?? false))
    return network.encrypted ? 'the network becomes encrypted' : 'the network is encrypted no more';
  if (network.internal !== found.internal)
    return network.internal ? 'the network becomes internal' : 'the network becomes open';
  if (network.subnet !== undefined && network.subnet !== found.subnet) return `the subnet changes to ${network.subnet}`;
  const subnet = parseSubnet(found.subnet) as Subnet;
  // Removed nodes free their addresses only after new ones need theirs.
  const names = new Set([...nodes, ...existing].map(({ name }) => name));
  const room = isSwarm ? swarmNodeCapacity(subnet) : subnetSize(subnet.prefix) - RESERVED_ADDRESSES;
  return names.size > room ? `the subnet ${found.subnet} is too small` : undefined;
}

/**
 * Returns why an existing node has to be replaced.
 * @param recorded what was declared of it: after an `up` that failed, it may have the settings of that one, or still those from before
 */
function nodeReplacementReason(
  node: TopologyNode,
  found: PlannedNetwork['nodes'][number],
  recorded: readonly TopologyNode[] = [],
  { imageIds, hostLabels }: Pick<PlanBasis, 'imageIds' | 'hostLabels'>,
): string | undefined {
  const before = recorded.find((one) => found.configHash === undefined || found.configHash === hashNodeConfig(one));
  if (!before) return 'its settings are unknown';
  if (found.state !== 'running' && found.state !== 'paused') return `it is ${found.state}`;
  if (node.host !== undefined && node.host !== found.host) return `it is on ${found.host ?? 'another host'}`;
  const labels = hostLabels?.get(found.host ?? '');
  if (labels && !meetsConstraints(labels, node.constraints))
    return `${found.host} does not meet ${node.constraints?.join(' and ')}`;
  const [settings, settingsBefore] = [containerSettings(node), containerSettings(before)];
  const keys = new Set(Object.keys({ ...settings, ...settingsBefore })) as Set<keyof ContainerSettings>;
  const changed = [...keys].filter((key) => canonicalJson(settings[key]) !== canonicalJson(settingsBefore[key]));
  if (changed.length > 0) return `changed: ${changed.join(', ')}`;
  return imageIds.get(node.name) === found.imageId ? undefined : 'its image was rebuilt';
}

/** The declared topology, and that of an `up` that failed. */
function recordedTopologies({ topology, failed }: PlannedNetwork): Topology[] {
  return [topology, failed].filter((one) => one !== undefined);
}

function linkConditionSteps(topology: Topology, { links }: PlanBasis): PlanStep[] {
  const pairs = topology.conditions.length;
  if (!links) return pairs > 0 ? [{ do: 'set conditions', pairs }] : [];
  const names = new Map(links.nodes.map(({ name, address }) => [address, name]));
  const current = conditionsInForce(links).map((one) => ({ ...one, from: names.get(one.from), to: names.get(one.to) }));
  const faults = new Set([...links.cuts, ...links.messageFaults].map(({ fault }) => fault));
  if (faults.size > 0) return [{ do: 'set conditions', pairs, why: `heals ${[...faults].join(', ')}` }];
  if (links.shaping !== topology.shaping) return [{ do: 'set conditions', pairs, why: `shaping: ${topology.shaping}` }];
  const text = (conditions: readonly unknown[]) => conditions.map(canonicalJson).sort().join();
  return text(current) === text(topology.conditions) ? [] : [{ do: 'set conditions', pairs, why: 'changed' }];
}

function linkSteps(topology: Topology, { networkState, reports }: PlanBasis, created: ReadonlySet<string>): PlanStep[] {
  const reportOf = new Map(reports.map((report) => [report.node, report]));
  const addresses = new Map(networkState.nodes.map(({ name, address, port }) => [name, `${address}:${port}`]));
  const names = new Map([...addresses].map(([name, address]) => [address, name]));
  const ports = new Map(topology.nodes.map(({ name, port }) => [name, port]));
  // Only the addresses that stay: one that becomes another node's, or whose port changes, is not the end of a declared link.
  const kept = new Map(
    [...addresses].filter(([name, address]) => ports.has(name) && address.endsWith(`:${ports.get(name)}`)),
  );
  const keptNames = new Map([...kept].map(([name, address]) => [address, name]));
  const linksFrom = groupBy(topology.links, ({ from }) => from);
  const recorded = recordedTopologies(networkState).map(({ links }) => groupBy(links, ({ from }) => from));
  return topology.nodes.flatMap(({ name: node }): PlanStep[] => {
    const links = linksFrom.get(node) ?? [];
    if (created.has(node)) return links.map(({ from, to }) => ({ do: 'add link', from, to }));
    const sentPeers = recorded.map((sent) => (sent.get(node) ?? []).flatMap(({ to }) => addresses.get(to) ?? []));
    const { sure, possible } = peerReports(node, reportOf.get(node), sentPeers);
    const { missing } = findDrift(links, keptNames, [sure]);
    const { extra } = findDrift(links, keptNames, [possible]);
    return [
      ...missing.map(({ from, to }): PlanStep => ({ do: 'add link', from, to })),
      ...extra.map(({ from, to }): PlanStep => {
        return { do: 'remove link', from, to: names.get(to) ?? to, address: kept.get(to) ?? to };
      }),
    ];
  });
}

/**
 * Returns the peers that a node has for sure, and those that it may have: where it reports none, by what it was sent.
 * @param sentPeers addresses that each recorded topology has for it
 */
function peerReports(
  node: string,
  report: NodeReport | undefined,
  sentPeers: readonly (readonly string[])[],
): { sure: NodeReport; possible: NodeReport } {
  if (report?.source === 'get_status' || report?.source === 'get_peers') return { sure: report, possible: report };
  const reportOf = (peers: string[]): NodeReport => ({
    node,
    source: 'get_peers',
    peers: peers.map((address) => ({ address })),
  });
  const all = [...new Set(sentPeers.flat())];
  return {
    sure: reportOf(all.filter((address) => sentPeers.every((peers) => peers.includes(address)))),
    possible: reportOf(all),
  };
}
