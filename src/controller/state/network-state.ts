import { type Container, type ContainerState, listContainers } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { type EngineNetwork, listNetworks } from '../../engine/networks.ts';
import type { RunningNode } from '../../network/running-network.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { Topology } from '../../topology/model/topology.ts';
import { decodeTopology, draftRecordName, LABEL, type ResourceRole } from './labels.ts';

/** A node as the engine holds it. */
export interface ObservedNode {
  name: string;
  containerId: string;
  state: ContainerState;
  imageId: string;
  /** `10.64.0.2`: it is the node's for as long as the devnet stands, running or not. */
  address: string;
  port: number;
}

/** What the engine holds of one devnet. Half-made and half-removed ones are observed too: parts may be missing. */
export interface NetworkState {
  name: string;
  run: string;
  /** Seconds since the epoch. */
  created: number;
  /** Somebody is bringing it up or changing it at this moment, or was when they were killed. */
  changing: boolean;
  /** As applied, or while it first comes up, as it is to be; absent where nothing is left but remains. */
  topology: Topology | undefined;
  network: EngineNetwork | undefined;
  /** All networks: more than one where an earlier one of this name could not be removed. */
  networks: EngineNetwork[];
  /** In the topology's order. */
  nodes: ObservedNode[];
  /** The container through which a controller elsewhere reaches the nodes, where one was made. */
  tunnelId: string | undefined;
  /** The container that shapes and cuts links, where one was needed. */
  netemId: string | undefined;
  /** All containers. */
  containers: Container[];
  /** Of those, the records: the last to remove. */
  recordIds: string[];
}

/** Every devnet on the engine, by name. */
export async function observeAll(engine: Engine): Promise<NetworkState[]> {
  return listNetworkStates(engine, LABEL.name);
}

/** One devnet, or undefined when the engine holds nothing of it. */
export async function observe(engine: Engine, name: string): Promise<NetworkState | undefined> {
  return (await listNetworkStates(engine, `${LABEL.name}=${name}`))[0];
}

/**
 * The devnet called `name`; without a name, the only one there is.
 * @throws DevnetError `no_such_devnet` when there is none, or more than one and no name was given
 */
export async function findDevnet(engine: Engine, name?: string): Promise<NetworkState> {
  const all = await observeAll(engine);
  const names = all.map((devnet) => devnet.name);
  const running = names.length === 0 ? 'no devnet is running' : `running: ${names.join(', ')}`;
  if (name !== undefined) {
    const found = all.find((devnet) => devnet.name === name);
    if (found) return found;
    throw new DevnetError('no_such_devnet', `there is no devnet "${name}"`, { hint: `${running}` });
  }
  const [only, ...others] = all;
  if (!only) throw new DevnetError('no_such_devnet', 'no devnet is running', { hint: 'devnet up' });
  if (others.length > 0)
    throw new DevnetError('no_such_devnet', `several networks are running: ${names.join(', ')}`, {
      hint: `choose one: add --name ${only.name}`,
    });
  return only;
}

/** The address of each node in the network, by name. */
export function addressesOf({ nodes }: NetworkState): Map<string, string> {
  return new Map(nodes.map(({ name, address }) => [name, address]));
}

/** Returns the nodes as the port has them. */
export function toRunningNodes({ nodes }: NetworkState): RunningNode[] {
  return nodes.map(({ name, state, address, port }) => ({ name, state, host: address, port }));
}

async function listNetworkStates(engine: Engine, label: string): Promise<NetworkState[]> {
  const [containers, networks] = await Promise.all([listContainers(engine, label), listNetworks(engine, label)]);
  const names = new Set([...containers, ...networks].map((thing) => thing.labels[LABEL.name] as string));
  return [...names].sort().map((name) => {
    const named = <T extends { labels: Record<string, string> }>(things: T[]) =>
      things.filter((thing) => thing.labels[LABEL.name] === name);
    return assembleNetworkState(name, named(containers), named(networks));
  });
}

function assembleNetworkState(name: string, containers: Container[], networks: EngineNetwork[]): NetworkState {
  const role = (container: Container) => container.labels[LABEL.role] as ResourceRole;
  const records = containers.filter((container) => role(container) === 'record');
  const record = records.find((container) => container.name !== draftRecordName(name)) ?? records[0];
  const packed = record?.labels[LABEL.topology];
  const topology = packed === undefined ? undefined : decodeTopology(packed);
  const place = new Map(topology?.nodes.map((node, index) => [node.name, index]));
  const nodes = containers
    .filter((container) => role(container) === 'node')
    .map((container) => ({
      name: container.labels[LABEL.node] as string,
      containerId: container.id,
      state: container.state,
      imageId: container.imageId,
      address: container.labels[LABEL.address] as string,
      port: Number(container.labels[LABEL.port]),
    }))
    .sort((a, b) => (place.get(a.name) ?? 0) - (place.get(b.name) ?? 0));
  const run = (record ?? containers[0] ?? networks[0])?.labels[LABEL.run] ?? '';
  return {
    name,
    run,
    changing: records.some((container) => container.name === draftRecordName(name)),
    created: Math.min(...[...containers, ...networks].map((thing) => thing.created)),
    topology,
    network: networks.find((network) => network.labels[LABEL.run] === run),
    networks,
    nodes,
    tunnelId: containers.find((container) => role(container) === 'relay')?.id,
    netemId: containers.find((container) => role(container) === 'links')?.id,
    containers,
    recordIds: records.map(({ id }) => id),
  };
}
