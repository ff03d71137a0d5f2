import type { DirectedLinkConditions, LinkState } from '../../agents/netem/state/link-state.ts';
import type { Fault, FaultId } from '../../network/fault.ts';
import { updateLinkState } from '../links/update-link-state.ts';
import { findNodeContainer } from '../state/network-state.ts';
import { type FaultContext, type Heal, idempotentHeal } from './fault-context.ts';

/** Cuts nodes off from each other, in one transaction for any number of nodes. Connections stay open and starve. */
export function partition(
  context: FaultContext,
  { cuts }: Extract<Fault, { kind: 'partition' }>,
  { name, until }: FaultId,
): Promise<Heal> {
  const addresses = (nodes: readonly string[]) => nodes.map((node) => addressOf(context, node));
  const added = cuts.map(({ from, to }) => ({
    fault: name,
    from: addresses(from),
    to: addresses(to),
    ...(until === undefined ? {} : { until }),
  }));
  return changeLinks(
    context,
    (state) => ({ ...state, cuts: [...state.cuts, ...added] }),
    (state) => ({ ...state, cuts: state.cuts.filter(({ fault }) => fault !== name) }),
  );
}

/** Drops, delays, repeats, reorders or corrupts messages, of one type or of all, on their way from one node to another. */
export function injectMessageFault(
  context: FaultContext,
  { kind: _, from, to, probability = 1, ...fault }: Extract<Fault, { kind: 'messages' }>,
  { name, until }: FaultId,
): Promise<Heal> {
  const added = {
    ...fault,
    fault: name,
    from: addressOf(context, from),
    to: addressOf(context, to),
    probability,
    ...(until === undefined ? {} : { until }),
  };
  return changeLinks(
    context,
    (state) => ({ ...state, messageFaults: [...state.messageFaults, added] }),
    (state) => ({ ...state, messageFaults: state.messageFaults.filter((other) => other.fault !== name) }),
  );
}

/** Replaces a link's conditions; a condition that is not given is off. Healing restores those it had. */
export function overrideLinkConditions(
  context: FaultContext,
  { from, to, quality, oneway }: Extract<Fault, { kind: 'link' }>,
): Promise<Heal> {
  const forward = { from: addressOf(context, from), to: addressOf(context, to) };
  const directions = oneway ? [forward] : [forward, { from: forward.to, to: forward.from }];
  const isReplaced = (one: DirectedLinkConditions) =>
    directions.some((direction) => direction.from === one.from && direction.to === one.to);
  const without = ({ conditions: all }: LinkState) => all.filter((one) => !isReplaced(one));
  const added = Object.keys(quality).length === 0 ? [] : directions.map((direction) => ({ ...direction, ...quality }));
  let replaced: DirectedLinkConditions[] = [];
  return changeLinks(
    context,
    (state) => {
      replaced = state.conditions.filter(isReplaced);
      return { ...state, conditions: [...without(state), ...added] };
    },
    (state) => ({ ...state, conditions: [...without(state), ...replaced] }),
  );
}

/** Applies a change of the link state. @returns the heal, which applies `undo` to the state as it is then */
async function changeLinks(
  { engine, devnet }: FaultContext,
  change: (state: LinkState) => LinkState,
  undo: (state: LinkState) => LinkState,
): Promise<Heal> {
  await updateLinkState(engine, devnet, change);
  return idempotentHeal(() => updateLinkState(engine, devnet, undo));
}

/** @throws DevnetError `no_such_node` */
function addressOf({ devnet }: FaultContext, node: string): string {
  return findNodeContainer(devnet, node).address;
}
