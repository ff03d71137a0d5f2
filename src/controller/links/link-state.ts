import { type ClosedNetwork, conditionsInForce, type LinkState } from '../../agents/netem/state/link-state.ts';
import type { Engine } from '../../engine/engine.ts';
import type { EngineNetwork } from '../../engine/networks.ts';
import type { ActiveLinkConditions } from '../../network/fault.ts';
import { DevnetError } from '../../shared/errors.ts';
import { parseSubnet, type Subnet } from '../../shared/subnet.ts';
import type { Topology } from '../../topology/index.ts';
import { macAddressOf } from '../state/address-plan.ts';
import { addressesOf, type NetworkState } from '../state/network-state.ts';
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
  if (!state) return [];
  const names = new Map(state.nodes.map(({ name, address }) => [address, name]));
  const active = new Map<string, ActiveLinkConditions>();
  const at = (from: string, to: string): ActiveLinkConditions => {
    const found = active.get(`${from} ${to}`) ?? { from: names.get(from) ?? from, to: names.get(to) ?? to };
    active.set(`${from} ${to}`, found);
    return found;
  };
  for (const { from, to, ...conditions } of conditionsInForce(state)) Object.assign(at(from, to), conditions);
  for (const { from, to } of proxied) at(from, to).proxied = true;
  for (const { fault, from, to } of state.cuts) {
    for (const a of from) for (const b of to) if (a !== b) at(a, b).cut = fault;
  }
  return [...active.values()];
}

/** Returns the link state that a topology declares, without faults. */
export function declaredLinkState(
  topology: Topology,
  network: EngineNetwork,
  addresses: ReadonlyMap<string, string>,
): LinkState {
  const address = (name: string) => addresses.get(name) as string;
  return {
    devnet: topology.name,
    bridge: network.bridge,
    gateway: network.gateway,
    ...(network.internal ? { closed: closingOf(network) } : {}),
    nodes: topology.nodes.map(({ name, port }) => ({
      name,
      address: address(name),
      port,
      mac: macAddressOf(address(name)),
    })),
    shaping: topology.shaping ?? 'auto',
    conditions: (topology.conditions ?? []).map((condition) => ({
      ...condition,
      from: address(condition.from),
      to: address(condition.to),
    })),
    overrides: [],
    cuts: [],
    messageFaults: [],
  };
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
  return declaredLinkState(topology, network, addressesOf(devnet));
}
