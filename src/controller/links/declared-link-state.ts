import type { VersionedLinkState } from '../../agents/netem/link-controller.ts';
import { conditionsInForce, type LinkState, nodeNameLookup } from '../../agents/netem/state/link-state.ts';
import type { ActiveLinkConditions } from '../../network/fault.ts';
import type { Link, Topology } from '../../topology/index.ts';
import { macAddressOf } from '../state/address-plan.ts';
import { directedCutLookup } from './cut-lookup.ts';

/** Returns the link state that a topology declares, without faults. */
export function declaredLinkState(
  topology: Topology,
  network: Pick<LinkState, 'bridge' | 'gateway' | 'closed' | 'untracked'>,
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
 * Lists the conditions of a link state, nodes by name: both directions of the given links, and of other pairs of nodes those that
 * have conditions of their own. Directions without any are omitted. That a fault cuts two nodes without a link changes nothing.
 * @param proxied directions whose conditions the agent's proxy applies, addresses
 */
export function listLinkConditions(
  state: LinkState,
  proxied: VersionedLinkState['proxied'],
  links: readonly Link[],
): ActiveLinkConditions[] {
  const name = nodeNameLookup(state);
  const active = new Map<string, ActiveLinkConditions>();
  const at = (from: string, to: string): ActiveLinkConditions => {
    const found = active.get(`${from} ${to}`) ?? { from, to };
    active.set(`${from} ${to}`, found);
    return found;
  };
  for (const { from, to, ...conditions } of conditionsInForce(state))
    Object.assign(at(name(from), name(to)), conditions);
  for (const { from, to } of proxied) at(name(from), name(to)).proxied = true;
  const cutOf = directedCutLookup(state);
  const markCut = (from: string, to: string) => {
    const cut = cutOf({ from, to });
    if (cut !== undefined) at(from, to).cut = cut;
  };
  for (const { from, to } of [...links, ...active.values()]) {
    markCut(from, to);
    markCut(to, from);
  }
  return [...active.values()];
}
