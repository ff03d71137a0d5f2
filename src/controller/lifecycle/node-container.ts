import type { ContainerSpec } from '../../engine/containers.ts';
import type { EngineNetwork } from '../../engine/networks.ts';
import type { TopologyNode } from '../../topology/model/topology.ts';
import { tunnelAddressOn } from '../peers/tunnel-container.ts';
import { LABEL, labelsFor, nodeContainerName, SWARM_LABELS } from '../state/labels.ts';
import { hashNodeConfig } from '../state/node-config.ts';
import { nodeEndpoint } from './reconnect-node.ts';

/** Maximum of processes and threads of a node, unless its topology sets one: a Node.js program has 11. */
const DEFAULT_MAX_PIDS = 64;
/** Replaces the user of a node's image, unless its topology sets one. */
const UNPRIVILEGED_USER = '1000:1000';

/** Place of a node in a network. */
export interface NodePlacement {
  /** Host of a swarm. @default the engine's machine */
  host?: string | undefined;
  networkId: string;
  address: string;
  /** Addresses of the controller, which the node's limits do not apply to. */
  admins: readonly string[];
}

/** Returns a node's place. The controller dials from the bridge's own address, or from the tunnel's. */
export function placementOn(network: EngineNetwork, address: string, host?: string): NodePlacement {
  return { host, networkId: network.id, address, admins: [network.gateway, tunnelAddressOn(network)] };
}

/** Returns the container that a node runs in. */
export function nodeContainerSpec(
  devnet: string,
  run: string,
  node: TopologyNode,
  { host, networkId, address, admins }: NodePlacement,
  bundledImage: string,
): ContainerSpec {
  return {
    name: nodeContainerName(devnet, node.name),
    image: node.image ?? bundledImage,
    ...(host === undefined ? {} : { host }),
    ...(node.command ? { command: node.command } : {}),
    hostname: node.name,
    env: {
      DEVNET_NAME: node.name,
      DEVNET_PORT: String(node.port),
      DEVNET_ADMIN: admins.join(','),
      ...node.env,
      // Last, since a node that answers for another network is taken for one.
      DEVNET_NETWORK: devnet,
      DEVNET_NETWORK_ID: run,
    },
    labels: {
      ...node.labels,
      ...labelsFor(devnet, run, 'node'),
      ...(host === undefined ? {} : { ...SWARM_LABELS, [LABEL.host]: host }),
      [LABEL.node]: node.name,
      [LABEL.port]: String(node.port),
      [LABEL.address]: address,
      [LABEL.config]: hashNodeConfig(node),
    },
    network: nodeEndpoint(networkId, node.name, address),
    memory: node.memory,
    ...(node.cpus === undefined ? {} : { cpus: node.cpus }),
    pidsLimit: node.open.pids ?? DEFAULT_MAX_PIDS,
    user: node.open.user ?? UNPRIVILEGED_USER,
    writable: node.open.writable ?? false,
    capabilities: node.open.capabilities ?? [],
  };
}
