import pLimit from 'p-limit';
import { type ContainerState, inspectContainer, readContainerMemory } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { type Drift, findDrift, type NodeReport } from '../../network/drift.ts';
import type { Link } from '../../topology/model/topology.ts';
import { queryAllNodes } from '../lifecycle/current-state.ts';
import { checkRemovePeerSupport, missingCapabilities, type NodeCapability } from '../peers/node-capabilities.ts';
import type { NetworkState, ObservedNode } from '../state/network-state.ts';

/** Questions to the engine in flight. It measures memory once a second, for all who have asked by then: so all ask at once. */
const MAX_PARALLEL_REQUESTS = 256;

export interface NodeStatus {
  name: string;
  /** The engine's word; `missing` when the declared node has no container at all. */
  state: ContainerState | 'missing';
  /** `host:port` as other nodes dial it; empty where the node is missing. */
  address: string;
  /** Seconds since its container was started; absent when it does not run. */
  uptime?: number;
  /** Of a container that ended. */
  exitCode?: number;
  /** Bytes in use. */
  memory?: number;
  /** Bytes allowed. */
  memoryLimit?: number;
  /** What it does not answer of what devnet asks; absent where it cannot be asked. */
  lacks?: NodeCapability[];
}

export interface LinkStatus extends Link {
  /**
   * `up`: its connection stands; `listed`: the dialing node knows its peer and does not say whether it is connected;
   * `broken`: it says that it is not; `missing`: it does not know of it; `extra`: known to it, not declared;
   * `unknown`: it cannot be asked.
   */
  state: 'up' | 'listed' | 'broken' | 'missing' | 'extra' | 'unknown';
  /** Round trip in milliseconds, where the node measured it. */
  rtt?: number;
}

export interface DevnetStatus {
  name: string;
  subnet: string;
  internal: boolean;
  /** Seconds since the epoch. */
  created: number;
  nodes: NodeStatus[];
  links: LinkStatus[];
  drift: Drift;
}

/** Asks the engine and every node how things stand, and compares the graph with the declared one. */
export async function status(engine: Engine, devnet: NetworkState): Promise<DevnetStatus> {
  const limit = pLimit(MAX_PARALLEL_REQUESTS);
  const declared = devnet.topology?.nodes ?? [];
  const observed = new Map(devnet.nodes.map((node) => [node.name, node]));
  const [nodes, answers, removes] = await Promise.all([
    Promise.all(
      declared.map(({ name, memory }) => {
        const node = observed.get(name);
        return node
          ? limit(() => readNodeStatus(engine, node, memory))
          : { name, state: 'missing' as const, address: '' };
      }),
    ),
    queryAllNodes(engine, devnet),
    checkRemovePeerSupport(engine, devnet),
  ]);
  const missing = declared.filter(({ name }) => !observed.has(name));
  const reports = [...answers, ...missing.map(({ name }): NodeReport => ({ node: name, source: 'down', peers: [] }))];
  const ways = new Map(reports.map(({ node, source: by }) => [node, by]));
  const addresses = new Map(devnet.nodes.map((node) => [node.name, `${node.address}:${node.port}`]));
  const links = devnet.topology?.links ?? [];
  const drift = findDrift(links, addresses, reports);
  return {
    name: devnet.name,
    subnet: devnet.network?.subnet ?? '',
    internal: devnet.network?.internal ?? true,
    created: devnet.created,
    nodes: nodes.map((node) => {
      const lacks = missingCapabilities(ways.get(node.name) ?? 'down', removes.get(node.name));
      return lacks ? { ...node, lacks } : node;
    }),
    links: linkStatuses(links, addresses, reports, drift),
    drift,
  };
}

async function readNodeStatus(engine: Engine, node: ObservedNode, memoryLimit: number): Promise<NodeStatus> {
  const running = node.state === 'running';
  const [detail, memory] = await Promise.all([
    inspectContainer(engine, node.containerId),
    running ? readContainerMemory(engine, node.containerId) : undefined,
  ]);
  return {
    name: node.name,
    state: detail?.state ?? 'missing',
    address: `${node.address}:${node.port}`,
    ...(detail && running ? { uptime: (Date.now() - Date.parse(detail.startedAt)) / 1000 } : {}),
    ...(detail?.state === 'exited' || detail?.state === 'dead' ? { exitCode: detail.exitCode } : {}),
    ...(memory === undefined ? {} : { memory }),
    memoryLimit,
  };
}

/** Each declared link as it was found, and then those beyond them. */
export function linkStatuses(
  links: readonly Link[],
  addresses: ReadonlyMap<string, string>,
  reports: readonly NodeReport[],
  drift: Drift,
): LinkStatus[] {
  const key = ({ from, to }: Link) => `${from} ${to}`;
  const states = new Map<string, LinkStatus['state']>();
  for (const [state, list] of [
    ['broken', drift.broken],
    ['missing', drift.missing],
    ['unknown', drift.unknown],
  ] as const) {
    for (const link of list) states.set(key(link), state);
  }
  const down = new Set(drift.down);
  const peers = new Map(reports.flatMap(({ node, peers }) => peers.map((peer) => [`${node} ${peer.address}`, peer])));
  const declared = links.map((link): LinkStatus => {
    const peer = peers.get(`${link.from} ${addresses.get(link.to)}`);
    const stands = peer?.connected === undefined ? 'listed' : 'up';
    const state = states.get(key(link)) ?? (down.has(link.from) ? 'unknown' : stands);
    return { ...link, state, ...(peer?.rtt === undefined ? {} : { rtt: peer.rtt }) };
  });
  return [...declared, ...drift.extra.map((link): LinkStatus => ({ ...link, state: 'extra' }))];
}
