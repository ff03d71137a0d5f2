import type { HealResult, HealTarget } from '../../network/fault.ts';
import { restartNode } from '../lifecycle/restart-node.ts';
import { containerLinks } from '../links/container-links.ts';
import { readLinkState } from '../links/link-state.ts';
import { addressLookup, findNetworkState, type NetworkState, type ObservedNode } from '../state/network-state.ts';
import type { FaultContext } from './fault-context.ts';
import { assertFaultsKnown, healLinks } from './heal-links.ts';
import { restoreResources } from './node-faults.ts';

/**
 * Heals faults, no matter which process injected them. A node's name stands for every fault of that node, and that of a
 * host for all of its nodes. Without targets it
 * heals all: links have their declared conditions again, and every node runs with its declared limits and its peers.
 * @throws DevnetError `no_such_fault`, `no_such_node`
 */
export async function heal(context: FaultContext, targets?: readonly HealTarget[]): Promise<HealResult> {
  const { engine } = context;
  const devnet = await findNetworkState(engine, context.devnet.name);
  const names = targets?.flatMap((target) => (typeof target === 'string' ? namesFor(devnet, target) : []));
  const addressOf = addressLookup(devnet);
  const directions = (targets ?? []).flatMap((target) =>
    typeof target === 'string' ? [] : `${addressOf(target.from)} ${addressOf(target.to)}`,
  );
  const state = await readLinkState(engine, devnet);
  const hosts = devnet.nodes.flatMap(({ host: name }) => (name === undefined ? [] : [{ name }]));
  if (names) assertFaultsKnown(devnet.name, [...devnet.nodes, ...hosts], state, names);
  const isNamed = (name: string) => names === undefined || names.includes(name);
  // Where the agent or its state was lost, the declared state is restored.
  const isLost = devnet.netemId !== undefined || (devnet.topology?.conditions.length ?? 0) > 0;
  const hasLinks = state !== undefined || (targets === undefined && isLost);
  const links = hasLinks ? await healLinks(containerLinks(engine, devnet), targets && isNamed, directions) : undefined;
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

/** Returns the nodes on a host beside its name; any other name is that of a fault or a node. */
function namesFor({ nodes }: NetworkState, target: string): string[] {
  const onHost = nodes.filter(({ host }) => host === target).map(({ name }) => name);
  return nodes.some(({ name }) => name === target) ? [target] : [target, ...onHost];
}

/** Restores a node's limits, puts it back on its network, and starts it with its peers. @returns whether there was anything to heal */
async function healNode(context: FaultContext, { name, state, misplacement }: ObservedNode): Promise<boolean> {
  const wereLimited = await restoreResources(context, name);
  if (state === 'running' && misplacement === undefined) return wereLimited;
  await restartNode(context.engine, context.devnet.name, name);
  return true;
}
