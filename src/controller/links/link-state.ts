import type { ClosedNetwork, LinkState } from '../../agents/netem/state/link-state.ts';
import type { Engine } from '../../engine/connection/engine.ts';
import type { EngineNetwork } from '../../engine/networks.ts';
import type { ActiveLinkConditions } from '../../network/fault.ts';
import { DevnetError } from '../../shared/errors.ts';
import { parseSubnet, type Subnet } from '../../shared/subnet.ts';
import type { Topology } from '../../topology/index.ts';
import { addressesOf, type NetworkState } from '../state/network-state.ts';
import { declaredLinkState, listLinkConditions } from './declared-link-state.ts';
import { readAgentReport } from './netem-agent.ts';
import { ensureNetemAgent, hasNetemAgent } from './netem-container.ts';

/** Returns the link state in force; undefined where the network has no netem agent, or one without a state. */
export async function readLinkState(engine: Engine, devnet: NetworkState): Promise<LinkState | undefined> {
  if (!(await hasNetemAgent(engine, devnet))) return undefined;
  return (await ensureNetemAgent(engine, devnet)).current.state ?? undefined;
}

/** Returns the netem agent's report: its link state, and its rules and queues in the kernel. */
export async function readNetemReport(engine: Engine, devnet: NetworkState): Promise<object | undefined> {
  if (!(await hasNetemAgent(engine, devnet))) return undefined;
  return readAgentReport(engine, (await ensureNetemAgent(engine, devnet)).id);
}

/** Returns the link conditions in force, nodes by name. Pairs of nodes without any are omitted. */
export async function readLinkConditions(engine: Engine, devnet: NetworkState): Promise<ActiveLinkConditions[]> {
  if (!(await hasNetemAgent(engine, devnet))) return [];
  // An agent of an older version does not say what it proxies.
  const { state, proxied = [] } = (await ensureNetemAgent(engine, devnet)).current;
  // An agent without a state has lost it: nothing is in force.
  return state ? listLinkConditions(state, proxied) : [];
}

/** Returns the link state that a topology declares on an engine's network, without faults. */
export function containerLinkState(
  topology: Topology,
  network: EngineNetwork,
  addresses: ReadonlyMap<string, string>,
): LinkState {
  const { bridge, gateway } = network;
  const closed = network.internal ? { closed: closingOf(network) } : {};
  return declaredLinkState(topology, { bridge, gateway, ...closed }, addresses);
}

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
