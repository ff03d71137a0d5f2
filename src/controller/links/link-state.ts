import type { ClosedNetwork, LinkState } from '../../agents/netem/state/link-state.ts';
import { OVERLAY_BRIDGE } from '../../agents/overlay/overlay-namespace.ts';
import type { Engine } from '../../engine/connection/engine.ts';
import type { EngineNetwork } from '../../engine/networks.ts';
import type { ActiveLinkConditions } from '../../network/fault.ts';
import { DevnetError } from '../../shared/errors.ts';
import { parseSubnet, type Subnet } from '../../shared/subnet.ts';
import type { Topology } from '../../topology/index.ts';
import { addressesOf, type NetworkState } from '../state/network-state.ts';
import { declaredLinkState, listLinkConditions } from './declared-link-state.ts';
import type { LinkAgent } from './link-access.ts';
import { hasNetemAgent } from './netem-container.ts';
import { openLinkAgent, readLinkReport } from './open-link-agent.ts';

/** Below, what {@link isLargeNetwork} is about takes less time than the start of an agent. */
const LARGE_NETWORK_NODES = 400;

/** Returns the link state in force; undefined where the network has no netem agent, or one without a state. */
export async function readLinkState(engine: Engine, devnet: NetworkState): Promise<LinkState | undefined> {
  return (await findLinkAgent(engine, devnet))?.current.state ?? undefined;
}

/** Returns a network's netem agent once it answers; undefined where it never had one. */
export async function findLinkAgent(engine: Engine, devnet: NetworkState): Promise<LinkAgent | undefined> {
  // Without its network, a swarm's network has no links.
  if ((engine.hosts && !devnet.network) || !(await hasNetemAgent(engine, devnet))) return undefined;
  return openLinkAgent(engine, devnet);
}

/** Returns the netem agent's report: its link state, and its rules and queues in the kernel. */
export async function readNetemReport(engine: Engine, devnet: NetworkState): Promise<object | undefined> {
  if (!(await hasNetemAgent(engine, devnet))) return undefined;
  return readLinkReport(engine, devnet);
}

/** Returns the conditions in force of the declared links, and of other pairs of nodes that have any, nodes by name. */
export async function readLinkConditions(engine: Engine, devnet: NetworkState): Promise<ActiveLinkConditions[]> {
  const agent = await findLinkAgent(engine, devnet);
  if (!agent) return [];
  // An agent of an older version does not say what it proxies.
  const { state, proxied = [] } = agent.current;
  // An agent without a state has lost it: nothing is in force.
  return state ? listLinkConditions(state, proxied, devnet.topology?.links ?? []) : [];
}

/** Returns the link state that a topology declares on an engine's network, without faults. */
export function containerLinkState(
  topology: Topology,
  network: EngineNetwork,
  addresses: ReadonlyMap<string, string>,
): LinkState {
  const { gateway } = network;
  // Nothing is in the namespace of an overlay network but its nodes.
  const isOverlay = network.bridge === '';
  const bridge = isOverlay ? OVERLAY_BRIDGE : network.bridge;
  const closed = network.internal && !isOverlay ? { closed: closingOf(network) } : {};
  const untracked = isLargeNetwork(topology) && !isOverlay ? { untracked: network.subnet } : {};
  return declaredLinkState(topology, { bridge, gateway, ...closed, ...untracked }, addresses);
}

/** Returns whether a network has so many nodes that what the engine does for one of them takes noticeably longer for each other one. */
export const isLargeNetwork = ({ nodes }: { nodes: readonly unknown[] }): boolean =>
  nodes.length >= LARGE_NETWORK_NODES;

/** An engine that gives the bridge an address also answers DNS queries there: Podman's. */
function closingOf({ hasBridgeAddress, subnet }: EngineNetwork): ClosedNetwork {
  return hasBridgeAddress ? { dns: true } : { prefix: (parseSubnet(subnet) as Subnet).prefix };
}

/** Returns the link state that a running network declares. @throws DevnetError `no_such_devnet` when it was removed in part */
export function declaredLinkStateOf(devnet: NetworkState): LinkState {
  const { name, topology, network } = devnet;
  if (!topology || !network) {
    throw new DevnetError('no_such_devnet', `"${name}" was removed in part: it has no links to change`, {
      hint: `devnet down ${name} removes the rest`,
    });
  }
  return containerLinkState(topology, network, addressesOf(devnet));
}
