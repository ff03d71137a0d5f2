import { faultParts, filterFaults, type LinkState } from '../../agents/netem/state/link-state.ts';
import { diffLinkStates } from '../../agents/netem/state/state-changes.ts';
import { describeLinks } from '../../network/describe-links.ts';
import type { HealResult, HealTarget } from '../../network/fault.ts';
import { DevnetError } from '../../shared/errors.ts';
import { restartNode } from '../lifecycle/restart-node.ts';
import { declaredLinkStateOf, readLinkState } from '../links/link-state.ts';
import { limitationOf, updateLinkState } from '../links/update-link-state.ts';
import { findNetworkState, findNodeContainer, type NetworkState, type ObservedNode } from '../state/network-state.ts';
import type { FaultContext } from './fault-context.ts';
import { restoreResources } from './node-faults.ts';

/**
 * Heals faults, no matter which process injected them. A node's name stands for every fault of that node. Without targets it
 * heals all: links have their declared conditions again, and every node runs with its declared limits and its peers.
 * @throws DevnetError `no_such_fault`, `no_such_node`
 */
export async function heal(context: FaultContext, targets?: readonly HealTarget[]): Promise<HealResult> {
  const { engine } = context;
  const devnet = await findNetworkState(engine, context.devnet.name);
  const names = targets?.filter((target) => typeof target === 'string');
  const directions = (targets ?? []).flatMap((target) =>
    typeof target === 'string' ? [] : `${addressOf(devnet, target.from)} ${addressOf(devnet, target.to)}`,
  );
  const state = await readLinkState(engine, devnet);
  if (names) assertKnown(devnet, state, names);
  const isNamed = (name: string) => names === undefined || names.includes(name);
  // Where the agent or its state was lost, the declared state is restored.
  const isLost = devnet.netemId !== undefined || (devnet.topology?.conditions.length ?? 0) > 0;
  const hasLinks = state !== undefined || (targets === undefined && isLost);
  const links = hasLinks ? await healLinks(context, devnet, targets && isNamed, directions) : undefined;
  const nodes = await Promise.all(
    devnet.nodes
      .filter(({ name }) => isNamed(name))
      .map(async (node) => ((await healNode({ engine, devnet }, node)) ? [node.name] : [])),
  );
  return {
    names: [...(links?.names ?? []), ...nodes.flat()],
    links: links?.links ?? [],
    ...(links?.warning === undefined ? {} : { warning: links.warning }),
  };
}

/**
 * Heals faults on links.
 * @param isNamed says which; absent for all of them, which also restores the declared conditions
 * @param directions `from to`, addresses: the conditions that faults set on these are healed too
 */
async function healLinks(
  { engine }: FaultContext,
  devnet: NetworkState,
  isNamed: ((fault: string) => boolean) | undefined,
  directions: readonly string[],
): Promise<HealResult> {
  let result: HealResult = { names: [], links: [] };
  const applied = await updateLinkState(engine, devnet, (current) => {
    const kept = filterFaults(current, (part) => {
      if (isNamed === undefined || isNamed(part.fault)) return false;
      return !('from' in part && typeof part.from === 'string' && directions.includes(`${part.from} ${part.to}`));
    });
    const next = isNamed ? kept : { ...kept, conditions: declaredLinkStateOf(devnet).conditions };
    result = describeHealed(current, next, isNamed);
    const isSame = JSON.stringify(next) === JSON.stringify(current);
    return isSame ? current : next;
  });
  const warning = limitationOf(applied, []);
  return { ...result, ...(warning === undefined ? {} : { warning }) };
}

/** Lists the healed faults, and the links whose conditions changed: those speak for the faults that set conditions. */
function describeHealed(before: LinkState, after: LinkState, isNamed?: (fault: string) => boolean): HealResult {
  const left = new Set(faultParts(after).map(({ fault }) => fault));
  const listed = isNamed ? faultParts(before) : [...before.cuts, ...before.messageFaults];
  const healed = new Set(listed.map(({ fault }) => fault).filter((fault) => !left.has(fault)));
  return { names: [...healed].filter((fault) => isNamed?.(fault) ?? true), links: describeChangedLinks(before, after) };
}

function describeChangedLinks(before: LinkState, after: LinkState): string[] {
  const changes = diffLinkStates(before, after).filter(({ event }) => event === 'link_conditions');
  return describeLinks(changes.map(({ fields }) => fields as { from: string; to: string }));
}

/** Restores a node's limits, puts it back on its network, and starts it with its peers. @returns whether there was anything to heal */
async function healNode(context: FaultContext, { name, state, misplacement }: ObservedNode): Promise<boolean> {
  const wereLimited = await restoreResources(context, name);
  if (state === 'running' && misplacement === undefined) return wereLimited;
  await restartNode(context.engine, context.devnet.name, name);
  return true;
}

/** @throws DevnetError `no_such_fault` */
function assertKnown(devnet: NetworkState, state: LinkState | undefined, names: readonly string[]): void {
  const faults = new Set((state ? faultParts(state) : []).map(({ fault }) => fault));
  const unknown = names.find((name) => !faults.has(name) && !devnet.nodes.some((node) => node.name === name));
  if (unknown === undefined) return;
  throw new DevnetError('no_such_fault', `"${devnet.name}" has no fault and no node "${unknown}"`, {
    hint: faults.size > 0 ? `faults on its links: ${[...faults].join(', ')}` : 'devnet status shows its nodes',
  });
}

function addressOf(devnet: NetworkState, node: string): string {
  return findNodeContainer(devnet, node).address;
}
