import type { Engine, EngineHosts } from '../../engine/connection/engine.ts';
import { findHost } from '../../engine/connection/engine-hosts.ts';
import { DevnetError } from '../../shared/errors.ts';
import { groupBy } from '../../shared/group-by.ts';
import { formatList } from '../../shared/text.ts';
import type { Topology } from '../../topology/index.ts';
import type { NetworkState } from '../state/network-state.ts';
import {
  constraintFix,
  findMissingLabel,
  findUnmetConstraints,
  type HostCapacity,
  labelFix,
  spreadNodes,
} from './spread-nodes.ts';

/**
 * Chooses a host of the swarm for each node. Nodes that run stay where they are, unless they declare another host.
 * @returns host by node; empty where the engine is that of one machine
 * @throws DevnetError `usage` for a host that the swarm does not have, `engine_gone` for one that does not answer and has or is
 *   to have nodes
 */
export async function placeNodes(
  engine: Engine,
  topology: Topology,
  before: NetworkState | undefined,
): Promise<Map<string, string>> {
  if (!engine.hosts) return new Map();
  assertNoNodesLost(engine, before);
  assertHostsUsable(engine, topology);
  const room = await engine.hosts.readRoom();
  const kept = new Map(before?.nodes.flatMap(({ name, host }) => (host === undefined ? [] : [[name, host] as const])));
  const labels = labelsOf(engine.hosts);
  const hosts = [...room].map(([name, free]) => ({ name, ...free, labels: labels.get(name) ?? {} }));
  assertConstraintsMet(topology, hosts);
  assertLabelsExist(topology, hosts);
  return spreadNodes(topology.nodes, hosts, kept);
}

/** Returns the labels of each host. */
export function labelsOf(hosts: EngineHosts): Map<string, Readonly<Record<string, string>>> {
  return new Map(hosts.list().map(({ name, labels = {} }) => [name, labels]));
}

function assertConstraintsMet({ nodes }: Topology, hosts: readonly HostCapacity[]): void {
  for (const [unmet, some] of groupBy(nodes, (node) => findUnmetConstraints(node, hosts) ?? '')) {
    if (unmet === '') continue;
    const names = formatList(some.map(({ name }) => name));
    throw new DevnetError(
      'usage',
      `constraints ${unmet} of ${names}: no host of the swarm that can be used meets them`,
      {
        hint: `${constraintFix(unmet)}; docker node inspect HOST shows its labels`,
      },
    );
  }
}

function assertLabelsExist({ nodes }: Topology, hosts: readonly HostCapacity[]): void {
  for (const label of new Set(nodes.flatMap((node) => findMissingLabel(node, hosts) ?? []))) {
    const names = formatList(nodes.filter(({ spread }) => spread === label).map(({ name }) => name));
    throw new DevnetError(
      'usage',
      `spread ${label} of ${names}: no host of the swarm that can be used has that label`,
      {
        hint: labelFix(label),
      },
    );
  }
}

function assertHostsUsable(engine: Engine, { nodes }: Topology): void {
  for (const host of new Set(nodes.flatMap((node) => node.host ?? []))) {
    try {
      findHost(engine, host);
    } catch (cause) {
      const { code, message, hint = '' } = cause as DevnetError;
      const names = formatList(nodes.filter((node) => node.host === host).map(({ name }) => name));
      throw new DevnetError(code, `host ${host} of ${names}: ${message}`, { hint, cause });
    }
  }
}

/**
 * Nodes of a host that does not answer may still run there, with their names and addresses. Once the host is no part of the swarm
 * any more, they are off the network, and their addresses are free.
 */
function assertNoNodesLost(engine: Engine, before: NetworkState | undefined): void {
  for (const { host, nodes } of before ? findLostNodes(engine, before) : []) {
    throw new DevnetError('engine_gone', `${host.name} does not answer, and ${formatList(nodes)} were put on it`, {
      hint: `bring ${host.name} back; or docker node rm --force ${host.name}, and devnet up puts them on other hosts`,
    });
  }
}

/** Returns the nodes of a network that are on hosts which cannot be used, by host. */
export function findLostNodes(engine: Engine, { nodes, hosts }: NetworkState) {
  const seen = new Set(nodes.map(({ name }) => name));
  return (engine.hosts?.list() ?? []).flatMap((host) => {
    if (!('unavailable' in host.engine)) return [];
    const lost = [...hosts].filter(([node, name]) => name === host.name && !seen.has(node)).map(([node]) => node);
    return lost.length === 0 ? [] : [{ host, reason: host.engine.unavailable, nodes: lost }];
  });
}
