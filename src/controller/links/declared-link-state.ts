import type { VersionedLinkState } from '../../agents/netem/link-controller.ts';
import { conditionsInForce, type LinkState, nodeNameLookup } from '../../agents/netem/state/link-state.ts';
import type { ActiveLinkConditions } from '../../network/fault.ts';
import type { Topology } from '../../topology/index.ts';
import { macAddressOf } from '../state/address-plan.ts';

/** Returns the link state that a topology declares, without faults. */
export function declaredLinkState(
  topology: Topology,
  network: Pick<LinkState, 'bridge' | 'gateway' | 'closed'>,
  addresses: ReadonlyMap<string, string>,
): LinkState {
  const address = (name: string) => addresses.get(name) as string;
  return {
    devnet: topology.name,
    ...network,
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

/**
 * Lists the conditions of a link state, nodes by name. Pairs of nodes without any are omitted.
 * @param proxied directions whose conditions the agent's proxy applies, addresses
 */
export function listLinkConditions(state: LinkState, proxied: VersionedLinkState['proxied']): ActiveLinkConditions[] {
  const name = nodeNameLookup(state);
  const active = new Map<string, ActiveLinkConditions>();
  const at = (from: string, to: string): ActiveLinkConditions => {
    const found = active.get(`${from} ${to}`) ?? { from: name(from), to: name(to) };
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
