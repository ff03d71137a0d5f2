import type { ContainerSpec } from '../../engine/containers.ts';
import type { EngineNetwork } from '../../engine/networks.ts';
import type { TopologyNode } from '../../topology/model/topology.ts';
import { tunnelAddressOn } from '../peers/tunnel-container.ts';
import { LABEL, labelsFor, nodeContainerName } from '../state/labels.ts';
import { macAddressOf } from '../state/subnet.ts';

/** Most processes and threads of a node, unless its topology says otherwise: a Node.js program has 11. */
const DEFAULT_MAX_PIDS = 64;
/** Nodes run as nobody in particular, whatever user their image names. */
const UNPRIVILEGED_USER = '1000:1000';

/** Where a node is put. */
export interface NodePlacement {
  networkId: string;
  address: string;
  /** Addresses whose messages it trusts. */
  admins: readonly string[];
}

/** The place of a node on a devnet's network: the controller dials from the bridge's own address, or through the relay. */
export function placementOn(network: EngineNetwork, address: string): NodePlacement {
  return { networkId: network.id, address, admins: [network.gateway, tunnelAddressOn(network)] };
}

/** The container of one node: pure, from what is declared and where it is put. */
export function nodeContainerSpec(
  devnet: string,
  run: string,
  node: TopologyNode,
  { networkId, address, admins }: NodePlacement,
  bundledImage: string,
): ContainerSpec {
  return {
    name: nodeContainerName(devnet, node.name),
    image: node.image ?? bundledImage,
    ...(node.command ? { command: node.command } : {}),
    hostname: node.name,
    env: {
      DEVNET_NAME: node.name,
      DEVNET_PORT: String(node.port),
      // What the controller asks for is not held against limits meant for strangers.
      DEVNET_ADMIN: admins.join(','),
      ...node.env,
    },
    labels: {
      ...node.labels,
      ...labelsFor(devnet, run, 'node'),
      [LABEL.node]: node.name,
      [LABEL.port]: String(node.port),
      [LABEL.address]: address,
    },
    network: { id: networkId, address, mac: macAddressOf(address), aliases: [node.name] },
    memory: node.memory,
    ...(node.cpus === undefined ? {} : { cpus: node.cpus }),
    pidsLimit: node.open.pids ?? DEFAULT_MAX_PIDS,
    user: node.open.user ?? UNPRIVILEGED_USER,
    writable: node.open.writable ?? false,
    capabilities: node.open.capabilities ?? [],
  };
}
