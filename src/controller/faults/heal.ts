import pLimit from 'p-limit';
import type { Engine } from '../../engine/connection/engine.ts';
import type { HealResult, HealTarget } from '../../network/fault.ts';
import { findDrift } from '../../network/links/drift.ts';
import { namesByAddress } from '../../network/node-names.ts';
import { readNodeReports } from '../../network/node-reports.ts';
import { DevnetError } from '../../shared/errors.ts';
import { poll } from '../../shared/time/poll.ts';
import { restartNodes } from '../lifecycle/restart-nodes.ts';
import { containerLinks } from '../links/container-links.ts';
import { describeRemovedRules, removeRulesInWay } from '../links/leftover-rules.ts';
import { readLinkState } from '../links/link-state.ts';
import { withNodes } from '../peers/container-dialer.ts';
import { startRecords } from '../state/network-record.ts';
import {
  addressLookup,
  findNetworkState,
  type NetworkState,
  type ObservedNode,
  observe,
} from '../state/network-state.ts';
import type { FaultContext } from './fault-context.ts';
import { assertFaultsKnown, healLinks } from './heal-links.ts';
import { restoreResources } from './node-faults.ts';

/** The engine is asked about so many nodes at once: each request is an open file of this process. */
const MAX_PARALLEL_REQUESTS = 64;
/** Time for another command to take down the rest of a network. */
const DOWN_TIMEOUT_MS = 15_000;
const DOWN_POLL_INTERVAL_MS = 200;

/**
 * Heals faults, no matter which process injected them. A node's name stands for every fault of that node, and that of a
 * host for all of its nodes. Without targets it
 * heals all: links have their declared conditions again, and every node runs with its declared limits and its peers.
 * @throws DevnetError `no_such_fault`, `no_such_node`, and `no_such_devnet` when the network is taken down meanwhile
 */
export async function heal(context: FaultContext, targets?: readonly HealTarget[]): Promise<HealResult> {
  const { engine } = context;
  const devnet = await findNetworkState(engine, context.devnet.name);
  try {
    return await healIn({ engine, devnet }, targets);
  } catch (cause) {
    const isUnknown = cause instanceof DevnetError && cause.code === 'no_such_fault';
    if (isUnknown || !(await isTakenDown(engine, devnet).catch(() => false))) throw cause;
    throw new DevnetError('no_such_devnet', `"${devnet.name}" was taken down meanwhile`, { cause });
  }
}

/** Returns whether another command takes a network down, once it has: that ends the network's records first. */
async function isTakenDown(engine: Engine, { name, run }: NetworkState): Promise<boolean> {
  const isGone = (now: NetworkState | undefined) => now?.run !== run;
  const hasRecord = (now: NetworkState | undefined) =>
    now?.containers.some(({ id, state }) => now.recordIds.includes(id) && state === 'running') === true;
  const looked = await poll(
    () => observe(engine, name),
    (now) => isGone(now) || hasRecord(now),
    {
      timeoutMs: DOWN_TIMEOUT_MS,
      intervalMs: DOWN_POLL_INTERVAL_MS,
      signal: new AbortController().signal,
      isFatal: () => true,
    },
  );
  return looked.met && isGone(looked.value);
}

async function healIn({ engine, devnet }: FaultContext, targets?: readonly HealTarget[]): Promise<HealResult> {
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
  // Faults whose agent was removed with its volume are not known any more, and may be in force all the same.
  const mayHaveLeftovers = targets === undefined && !hasLinks;
  const [nodes, leftovers] = await Promise.all([
    healNodes(
      { engine, devnet },
      devnet.nodes.filter(({ name }) => isNamed(name)),
    ),
    mayHaveLeftovers ? removeRulesInWay(engine, devnet) : [],
    startRecords(engine, devnet),
  ]);
  return {
    names: [...(links?.names ?? []), ...nodes],
    links: links?.links ?? [],
    ...(leftovers.length === 0 ? {} : { warning: describeRemovedRules(leftovers) }),
    ...(links?.warning === undefined ? {} : { warning: links.warning }),
  };
}

/** Returns the nodes on a host beside its name; any other name is that of a fault or a node. */
function namesFor({ nodes }: NetworkState, target: string): string[] {
  const onHost = nodes.filter(({ host }) => host === target).map(({ name }) => name);
  return nodes.some(({ name }) => name === target) ? [target] : [target, ...onHost];
}

/**
 * Heals nodes, but for those that another command replaces or removes meanwhile: an `up` brings its own up as declared.
 * @returns the nodes that had anything to heal
 * @throws what {@link healNodesThatStay} throws
 */
async function healNodes(context: FaultContext, nodes: readonly ObservedNode[]): Promise<string[]> {
  const { engine, devnet } = context;
  const healed = new Set<string>();
  for (let left = nodes; ; ) {
    try {
      await healNodesThatStay(context, left, healed);
      return left.flatMap(({ name }) => (healed.has(name) ? [name] : []));
    } catch (failure) {
      if (await isTakenDown(engine, devnet)) throw failure;
      const now = await observe(engine, devnet.name);
      const ids = new Set(now?.nodes.map(({ containerId }) => containerId));
      const staying = left.filter(({ containerId }) => ids.has(containerId));
      if (staying.length === left.length) throw failure;
      left = staying;
    }
  }
}

/**
 * Restores the limits of nodes, puts them back on their network, and starts them with their peers. A node that runs without
 * some of its peers, as after a heal that was interrupted, gets these back too.
 * @param healed gets the names of those that have anything to heal
 * @throws what keeps one of them from it, once the others are healed
 */
async function healNodesThatStay(
  context: FaultContext,
  nodes: readonly ObservedNode[],
  healed: Set<string>,
): Promise<void> {
  const { engine, devnet } = context;
  const limit = pLimit(MAX_PARALLEL_REQUESTS);
  const [limits, [forgetful]] = await Promise.all([
    Promise.allSettled(nodes.map(({ name }) => limit(restoreResources, context, name))),
    Promise.allSettled([nodesWithoutPeers(context, nodes)]),
  ]);
  const ended = nodes.flatMap(({ name, state, misplacement }) =>
    state === 'running' && misplacement === undefined ? [] : [name],
  );
  const restarted = new Set([...ended, ...(forgetful.status === 'fulfilled' ? forgetful.value : [])]);
  for (const [index, { name }] of nodes.entries()) {
    const result = limits[index] as PromiseSettledResult<boolean>;
    if ((result.status === 'fulfilled' && result.value) || restarted.has(name)) healed.add(name);
  }
  if (restarted.size > 0) await restartNodes(engine, devnet.name, [...restarted]);
  for (const result of [forgetful, ...limits]) if (result.status === 'rejected') throw result.reason;
}

/** Returns the nodes that run, and say that they lack peers which they were told of. */
async function nodesWithoutPeers(
  { engine, devnet }: FaultContext,
  nodes: readonly ObservedNode[],
): Promise<Set<string>> {
  const { network, topology } = devnet;
  if (!network || !topology) return new Set();
  const asked = new Set(nodes.flatMap(({ name, misplacement }) => (misplacement === undefined ? name : [])));
  const drift = await withNodes(engine, devnet, async (access) => {
    const running = (await access.nodes()).filter(({ name, state }) => state === 'running' && asked.has(name));
    const reports = await readNodeReports(access, running);
    // One that somebody removed is no peer to anybody until `up` has made it.
    const links = topology.links.filter(({ to }) => access.addresses.has(to));
    return findDrift(links, namesByAddress(access), reports);
  });
  return new Set(drift.missing.map(({ from }) => from));
}
