import { type FaultOrigin, filterFaults, type LinkState } from '../../agents/netem/state/link-state.ts';
import type { Fault, FaultId } from '../../network/fault.ts';
import { currentUser } from '../../shared/current-user.ts';
import type { LinkAccess } from '../links/link-access.ts';
import { limitationOf, updateLinkState } from '../links/update-link-state.ts';
import { type InjectionResult, idempotentHeal } from './injection.ts';

export type LinkFault = Extract<Fault, { kind: 'partition' | 'messages' | 'link' }>;

/** Injects a fault on links. When it returns, the fault is in force. @throws DevnetError `no_such_node`, `links_failed` */
export function injectLinkFault(links: LinkAccess, fault: LinkFault, id: FaultId): Promise<InjectionResult> {
  switch (fault.kind) {
    case 'partition':
      return partition(links, fault, id);
    case 'messages':
      return injectMessageFault(links, fault, id);
    case 'link':
      return overrideLinkConditions(links, fault, id);
  }
}

/** Cuts nodes off from each other, in one transaction for any number of nodes. Connections stay open and starve. */
function partition(
  links: LinkAccess,
  { cuts }: Extract<Fault, { kind: 'partition' }>,
  { name, ...origin }: FaultId,
): Promise<InjectionResult> {
  const addresses = (nodes: readonly string[]) => nodes.map((node) => links.addressOf(node));
  const added = cuts.map(({ from, to }) => ({
    fault: name,
    from: addresses(from),
    to: addresses(to),
    ...originOf(origin),
  }));
  return addToLinks(links, name, (state) => ({ ...state, cuts: [...state.cuts, ...added] }));
}

/** Drops, delays, repeats, reorders or corrupts messages, of one type or of all, on their way from one node to another. */
function injectMessageFault(
  links: LinkAccess,
  { kind: _, from, to, probability = 1, ...fault }: Extract<Fault, { kind: 'messages' }>,
  { name, ...origin }: FaultId,
): Promise<InjectionResult> {
  const added = {
    ...fault,
    fault: name,
    from: links.addressOf(from),
    to: links.addressOf(to),
    probability,
    ...originOf(origin),
  };
  return addToLinks(links, name, (state) => ({ ...state, messageFaults: [...state.messageFaults, added] }));
}

/**
 * Replaces a link's conditions; a condition that is not given is off. Of several such faults on one link the last one counts,
 * and each is healed by itself, in any order.
 */
function overrideLinkConditions(
  links: LinkAccess,
  { from, to, quality, oneway }: Extract<Fault, { kind: 'link' }>,
  { name, ...origin }: FaultId,
): Promise<InjectionResult> {
  const forward = { from: links.addressOf(from), to: links.addressOf(to) };
  const directions = oneway ? [forward] : [forward, { from: forward.to, to: forward.from }];
  const added = directions.map((direction) => ({
    ...direction,
    ...quality,
    fault: name,
    ...originOf(origin),
  }));
  const changed = directions.map((direction) => `${direction.from} ${direction.to}`);
  return addToLinks(links, name, (state) => ({ ...state, overrides: [...state.overrides, ...added] }), changed);
}

/** Facts about a fault beside its name. */
function originOf({ by = currentUser(), until }: Omit<FaultId, 'name'>): Omit<FaultOrigin, 'fault'> {
  return { by, ...(until === undefined ? {} : { until }) };
}

/**
 * Adds the parts of a fault to the link state. Healing removes all that has its name.
 * @param directions whose conditions it changes, as `from to`, addresses
 */
async function addToLinks(
  links: LinkAccess,
  name: string,
  add: (state: LinkState) => LinkState,
  directions: readonly string[] = [],
): Promise<InjectionResult> {
  const warning = limitationOf(await updateLinkState(links, add), directions);
  const heal = idempotentHeal(async () => {
    await updateLinkState(links, (state) => filterFaults(state, ({ fault }) => fault !== name));
  });
  return { heal, ...(warning === undefined ? {} : { warning }) };
}
