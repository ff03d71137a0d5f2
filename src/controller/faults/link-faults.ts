import { hostname, userInfo } from 'node:os';
import { type FaultOrigin, filterFaults, type LinkState } from '../../agents/netem/state/link-state.ts';
import type { Fault, FaultId } from '../../network/fault.ts';
import { limitationOf, updateLinkState } from '../links/update-link-state.ts';
import { findNodeContainer } from '../state/network-state.ts';
import { type FaultContext, type InjectionResult, idempotentHeal } from './fault-context.ts';

/** Cuts nodes off from each other, in one transaction for any number of nodes. Connections stay open and starve. */
export function partition(
  context: FaultContext,
  { cuts }: Extract<Fault, { kind: 'partition' }>,
  { name, until }: FaultId,
): Promise<InjectionResult> {
  const addresses = (nodes: readonly string[]) => nodes.map((node) => addressOf(context, node));
  const added = cuts.map(({ from, to }) => ({
    fault: name,
    from: addresses(from),
    to: addresses(to),
    ...originOf(until),
  }));
  return addToLinks(context, name, (state) => ({ ...state, cuts: [...state.cuts, ...added] }));
}

/** Drops, delays, repeats, reorders or corrupts messages, of one type or of all, on their way from one node to another. */
export function injectMessageFault(
  context: FaultContext,
  { kind: _, from, to, probability = 1, ...fault }: Extract<Fault, { kind: 'messages' }>,
  { name, until }: FaultId,
): Promise<InjectionResult> {
  const added = {
    ...fault,
    fault: name,
    from: addressOf(context, from),
    to: addressOf(context, to),
    probability,
    ...originOf(until),
  };
  return addToLinks(context, name, (state) => ({ ...state, messageFaults: [...state.messageFaults, added] }));
}

/**
 * Replaces a link's conditions; a condition that is not given is off. Of several such faults on one link the last one counts,
 * and each is healed by itself, in any order.
 */
export function overrideLinkConditions(
  context: FaultContext,
  { from, to, quality, oneway }: Extract<Fault, { kind: 'link' }>,
  { name, until }: FaultId,
): Promise<InjectionResult> {
  const forward = { from: addressOf(context, from), to: addressOf(context, to) };
  const directions = oneway ? [forward] : [forward, { from: forward.to, to: forward.from }];
  const added = directions.map((direction) => ({
    ...direction,
    ...quality,
    fault: name,
    ...originOf(until),
  }));
  const changed = directions.map((direction) => `${direction.from} ${direction.to}`);
  return addToLinks(context, name, (state) => ({ ...state, overrides: [...state.overrides, ...added] }), changed);
}

/** What is known of a fault beside its name. */
function originOf(until: number | undefined): Omit<FaultOrigin, 'fault'> {
  return { by: `${userInfo().username}@${hostname()}`, ...(until === undefined ? {} : { until }) };
}

/**
 * Adds the parts of a fault to the link state. Healing removes all that has its name.
 * @param directions whose conditions it changes, as `from to`, addresses
 */
async function addToLinks(
  { engine, devnet }: FaultContext,
  name: string,
  add: (state: LinkState) => LinkState,
  directions: readonly string[] = [],
): Promise<InjectionResult> {
  const warning = limitationOf(await updateLinkState(engine, devnet, add), directions);
  const heal = idempotentHeal(async () => {
    await updateLinkState(engine, devnet, (state) => filterFaults(state, ({ fault }) => fault !== name));
  });
  return { heal, ...(warning === undefined ? {} : { warning }) };
}

/** @throws DevnetError `no_such_node` */
function addressOf({ devnet }: FaultContext, node: string): string {
  return findNodeContainer(devnet, node).address;
}
