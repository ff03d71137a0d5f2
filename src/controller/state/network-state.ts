import type { Engine } from '../../engine/connection/engine.ts';
import { leadingHost } from '../../engine/connection/engine-hosts.ts';
import { reconnectsWithMac } from '../../engine/container-endpoint.ts';
import { type Container, type ContainerState, listContainers } from '../../engine/containers.ts';
import { type EngineNetwork, listNetworks } from '../../engine/networks.ts';
import type { NodeAddress, RunningNode } from '../../network/running-network.ts';
import { findNode as findNodeIn } from '../../network/send-message.ts';
import { DevnetError } from '../../shared/errors.ts';
import { groupBy } from '../../shared/group-by.ts';
import type { Topology } from '../../topology/model/topology.ts';
import { assignAddresses, macAddressOf } from './address-plan.ts';
import {
  decodeHosts,
  decodeTopology,
  draftRecordName,
  failedRecordName,
  LABEL,
  type ResourceRole,
  recordContainerName,
} from './labels.ts';

/** A node's container. */
export interface ObservedNode {
  /** Name in the topology. */
  name: string;
  /** Id of the container on the engine. It stays the same when the node is restarted, and changes when `up` replaces it. */
  containerId: string;
  /** The engine's word for the state. */
  state: ContainerState;
  /** Id of the image that the container was created from, `sha256:…`. */
  imageId: string;
  /** Hash of the settings that it was created with; undefined on a container of an older version. */
  configHash: string | undefined;
  /** `10.64.0.2`: the node keeps it as long as the network exists, also while it does not run. */
  address: string;
  /**
   * Where it is instead, such as `off its network` or `at 10.64.0.9 instead of 10.64.0.2`, where somebody disconnected its
   * container or connected it anew. Absent: it is there.
   */
  misplacement?: string;
  /** TCP port that the node listens on, 1–65535. */
  port: number;
  /** Host that its container is on, in a swarm. @default the engine's machine */
  host?: string;
}

/** The parts of one network that the engine has. One that was created or removed in part is observed too. */
export interface NetworkState {
  /** Name of the network, unique on the engine. */
  name: string;
  /** Random id, another one each time that a network of this name is created; empty when it is not known. */
  run: string;
  /** Seconds since the epoch. */
  created: number;
  /** True while a process brings it up or changes it, and after that process was killed. */
  changing: boolean;
  /** The declared topology; while the network first comes up, that of its draft. Undefined when the record is gone. */
  topology: Topology | undefined;
  /** Topology of a change that is under way. */
  draft: Topology | undefined;
  /** Topology of the last `up` if it failed: some nodes may have its settings. */
  failed: Topology | undefined;
  /** The engine network that the nodes are on; undefined when it was not created or is gone. */
  network: EngineNetwork | undefined;
  /** All engine networks: more than one when an earlier one of this name could not be removed. */
  networks: EngineNetwork[];
  /** In the topology's order. */
  nodes: ObservedNode[];
  /** Container of the tunnel agent, through which a controller on another machine dials the nodes; undefined without one. */
  tunnelId: string | undefined;
  /** Container of the netem agent, which shapes and cuts links; undefined until a condition or fault needs it. */
  netemId: string | undefined;
  /** In a swarm, the containers of the netem agents by host; `netemId` is the one on the manager. Empty elsewhere. */
  netemIds: Map<string, string>;
  /** All containers of the network: nodes, agents and records. */
  containers: Container[];
  /** Ids of the containers whose labels hold the topology. They are removed last. */
  recordIds: string[];
  /** True for the network of a swarm, of which one engine sees only a part. */
  isSwarm: boolean;
  /** Host that each node was placed on, by node, also where that host does not answer. Empty unless it is a swarm's. */
  hosts: ReadonlyMap<string, string>;
}

/** Lists every network on the engine, by name. @throws DevnetError `engine_missing`, `engine_denied`, `engine_gone`, `engine_failed` */
export async function observeAll(engine: Engine): Promise<NetworkState[]> {
  return listNetworkStates(engine, LABEL.name);
}

/**
 * Returns one network; undefined when the engine has no part of it.
 * @throws DevnetError `engine_missing`, `engine_denied`, `engine_gone`, `engine_failed`
 */
export async function observe(engine: Engine, name: string): Promise<NetworkState | undefined> {
  return (await listNetworkStates(engine, `${LABEL.name}=${name}`))[0];
}

/**
 * Returns the network of a name; without a name, the only one on the engine.
 * @throws DevnetError `no_such_devnet` when there is none, or several and no name; what `observeAll` throws
 */
export async function findNetworkState(engine: Engine, name?: string): Promise<NetworkState> {
  const all = await observeAll(engine);
  const names = all.map((network) => network.name);
  const running = names.length === 0 ? 'no network is running' : `running: ${names.join(', ')}`;
  if (name !== undefined) {
    const found = all.find((network) => network.name === name);
    if (found) return found;
    throw new DevnetError('no_such_devnet', `there is no network "${name}"`, { hint: running });
  }
  const [only, ...others] = all;
  if (!only) throw new DevnetError('no_such_devnet', 'no network is running', { hint: 'devnet up' });
  if (others.length > 0)
    throw new DevnetError('no_such_devnet', `several networks are running: ${names.join(', ')}`, {
      hint: `choose one: add --name ${only.name}`,
    });
  return only;
}

/** Returns the address of each node, by name; of one whose container cannot be seen, the one that it has or will have. */
export function addressesOf({ nodes, topology, network }: NetworkState): Map<string, string> {
  if (topology && network) return assignAddresses(topology, network.subnet, { nodes });
  return new Map(nodes.map(({ name, address }) => [name, address]));
}

/**
 * Returns where each node listens, by name: of those that have a container, and of those on hosts of a swarm that do not answer, which
 * may run all the same.
 */
export function nodeAddressesOf(state: NetworkState): Map<string, NodeAddress> {
  const { nodes, topology, hosts } = state;
  const seen = new Map(nodes.map(({ name, address, port }) => [name, { host: address, port }]));
  const unseen = topology?.nodes.filter(({ name }) => hosts.has(name) && !seen.has(name)) ?? [];
  if (unseen.length === 0) return seen;
  const addresses = addressesOf(state);
  return new Map([...seen, ...unseen.map(({ name, port }) => [name, { host: addresses.get(name)!, port }] as const)]);
}

/** Returns a function that returns the address of a node. @throws DevnetError `no_such_node`, with the names there are */
export function addressLookup(state: NetworkState): (name: string) => string {
  let addresses: Map<string, string> | undefined;
  return (name) => {
    addresses ??= addressesOf(state);
    return addresses.get(name) ?? findNodeContainer(state, name).address;
  };
}

/** Finds a node by name. @throws DevnetError `no_such_node`, with the names there are */
export function findNodeContainer(state: NetworkState, name: string): ObservedNode {
  return findNodeIn(state.name, state.nodes, name);
}

/** Returns the nodes as the port has them. */
export function toRunningNodes({ nodes }: NetworkState): RunningNode[] {
  return nodes.map(({ name, state, address, port, host }) => ({
    name,
    state,
    host: address,
    port,
    ...(host === undefined ? {} : { onHost: host }),
  }));
}

async function listNetworkStates(engine: Engine, label: string): Promise<NetworkState[]> {
  const [containers, networks] = await Promise.all([listContainers(engine, label), listNetworks(engine, label)]);
  const names = new Set([...containers, ...networks].map((thing) => thing.labels[LABEL.name] as string));
  return [...names].sort().map((name) => {
    const named = <T extends { labels: Record<string, string> }>(things: T[]) =>
      things.filter((thing) => thing.labels[LABEL.name] === name);
    return assembleNetworkState(engine, name, named(containers), named(networks));
  });
}

function assembleNetworkState(
  engine: Engine,
  name: string,
  containers: Container[],
  networks: EngineNetwork[],
): NetworkState {
  const role = (container: Container) => container.labels[LABEL.role] as ResourceRole;
  const records = containers.filter((container) => role(container) === 'record');
  const recordNamed = (recordName: string) => records.find((container) => container.name === recordName);
  const draft = recordNamed(draftRecordName(name));
  const record = recordNamed(recordContainerName(name)) ?? draft ?? records[0];
  const topology = topologyOf(record);
  const place = new Map(topology?.nodes.map((node, index) => [node.name, index]));
  const run = (record ?? containers[0] ?? networks[0])?.labels[LABEL.run] ?? '';
  const agents = containers.filter((container) => role(container) === 'links');
  const network = networks.find(({ labels }) => labels[LABEL.run] === run);
  const nodes = withoutStale(
    containers.filter((container) => role(container) === 'node'),
    record,
  )
    .map((container) => ({
      name: container.labels[LABEL.node] as string,
      containerId: container.id,
      state: container.state,
      imageId: container.imageId,
      configHash: container.labels[LABEL.config],
      address: container.labels[LABEL.address] as string,
      ...misplacementOf(engine, container, network),
      port: Number(container.labels[LABEL.port]),
      ...(container.host === undefined ? {} : { host: container.host }),
    }))
    .sort((a, b) => (place.get(a.name) ?? 0) - (place.get(b.name) ?? 0));
  return {
    name,
    run,
    changing: draft !== undefined,
    created: Math.min(...[...containers, ...networks].map((thing) => thing.created)),
    topology,
    draft: draft === record ? undefined : topologyOf(draft),
    failed: topologyOf(recordNamed(failedRecordName(name))),
    network,
    networks,
    nodes,
    tunnelId: containers.find((container) => role(container) === 'relay')?.id,
    netemId: agents.find(({ host }) => host === leadingHost(engine)?.name)?.id,
    netemIds: new Map(agents.flatMap(({ id, host }) => (host === undefined ? [] : [[host, id] as const]))),
    containers,
    recordIds: records.map(({ id }) => id),
    isSwarm: [...containers, ...networks].some(({ labels }) => labels[LABEL.runtime] === 'swarm'),
    hosts: hostsOf(record, nodes),
  };
}

/**
 * Leaves out the containers of a host that was lost and is back, where their nodes were put on other hosts meanwhile. `down`
 * removes them.
 */
function withoutStale(nodes: readonly Container[], record: Container | undefined): Container[] {
  const packed = record?.labels[LABEL.hosts];
  if (packed === undefined) return [...nodes];
  const hosts = decodeHosts(packed);
  const nodeOf = ({ labels }: Container) => labels[LABEL.node] as string;
  const containers = groupBy(nodes, nodeOf);
  return nodes.filter((node) => containers.get(nodeOf(node))?.length === 1 || hosts.get(nodeOf(node)) === node.host);
}

/** Returns the host of each node: where its container is, or where the record says that it was put. */
function hostsOf(record: Container | undefined, nodes: readonly ObservedNode[]): Map<string, string> {
  const packed = record?.labels[LABEL.hosts];
  const hosts = packed === undefined ? new Map<string, string>() : decodeHosts(packed);
  for (const { name, host } of nodes) if (host !== undefined) hosts.set(name, host);
  return hosts;
}

function misplacementOf(
  engine: Engine,
  { state, attachments, labels }: Container,
  network: EngineNetwork | undefined,
): Pick<ObservedNode, 'misplacement'> {
  const hasProcess = state === 'running' || state === 'paused';
  // No container is on a network that is gone, and Podman says nothing of one that does not run.
  if (network === undefined || (engine.flavour === 'podman' && !hasProcess)) return {};
  const declared = labels[LABEL.address] as string;
  const attachment = attachments.find((one) => one.network === network.name || one.network === network.id);
  if (attachment === undefined) return { misplacement: 'off its network' };
  const { address, mac } = attachment;
  if (address !== declared && address !== '') return { misplacement: `at ${address} instead of ${declared}` };
  // Connected by hand, it has none of its names, and another MAC address than the one by which the netem agent finds its port. An
  // engine that would give it no other one leaves nothing to mend.
  const isOther = hasProcess && reconnectsWithMac(engine) && mac !== undefined && mac !== macAddressOf(declared);
  return isOther ? { misplacement: 'at its address with another hardware address' } : {};
}

function topologyOf(record: Container | undefined): Topology | undefined {
  const packed = record?.labels[LABEL.topology];
  return packed === undefined ? undefined : decodeTopology(packed);
}
