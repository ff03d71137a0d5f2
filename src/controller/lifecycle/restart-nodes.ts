import pLimit from 'p-limit';
import type { Engine } from '../../engine/connection/engine.ts';
import { startContainer, unpauseContainer } from '../../engine/container-lifecycle.ts';
import { inspectContainer } from '../../engine/containers.ts';
import {
  type ContainerStarter,
  createContainerStarter,
  maxParallelContainers,
} from '../../engine/endpoint-count-workaround.ts';
import { DEFAULT_TIMEOUT_MS } from '../../network/reconcile/link-reconciler.ts';
import { restorePeers } from '../../network/reconcile/restore-peers.ts';
import type { StartNodeOptions } from '../../network/running-network.ts';
import { DevnetError } from '../../shared/errors.ts';
import { formatList } from '../../shared/text.ts';
import type { Link } from '../../topology/model/topology.ts';
import { readLastLines } from '../logs/container-exit.ts';
import { withNodes } from '../peers/container-dialer.ts';
import { findNetworkState, findNodeContainer, type NetworkState, type ObservedNode } from '../state/network-state.ts';
import { reconnectNode, redialLinksOf } from './reconnect-node.ts';

/** Time for a node that listens to accept a connection. */
const DIAL_TIMEOUT_MS = 5_000;

/**
 * Starts or unpauses nodes, on their network if somebody took them off; returns when they listen and list their peers again.
 * Nodes that run are only given back their peers. A node that cannot be started does not keep the others from it.
 * @throws DevnetError `node_silent` when one does not listen, or does not list its peers, in time; `no_such_node`
 */
export async function restartNodes(
  engine: Engine,
  name: string,
  nodes: readonly string[],
  options: StartNodeOptions = {},
): Promise<void> {
  const devnet = await findNetworkState(engine, name);
  const found = nodes.map((node) => findNodeContainer(devnet, node));
  const { moved, failures } = await startNodes(engine, devnet, found);
  // Podman says where a container is only once it runs.
  if (engine.flavour === 'podman' && found.some(({ state }) => state !== 'running')) {
    const after = await findNetworkState(engine, name);
    const started = nodes.filter((node) => !failures.has(node)).map((node) => findNodeContainer(after, node));
    const again = await startNodes(engine, after, started);
    for (const node of again.moved) moved.add(node);
    for (const [node, failure] of again.failures) failures.set(node, failure);
  }
  const { network, topology } = devnet;
  const started = nodes.filter((node) => !failures.has(node));
  if (network && topology && started.length > 0) {
    const silent = await withNodes(engine, devnet, async (access) => {
      const without = await restorePeers({ ...access, topology }, started, options);
      const absent = new Set([...without, ...failures.keys()]);
      const back = new Set([...moved].filter((node) => !absent.has(node)));
      if (back.size > 0) await redialLinksOf(access, linksTo(back, devnet), back, DIAL_TIMEOUT_MS, options.signal);
      return without;
    });
    if (silent.length > 0) throw await silentError(engine, devnet, silent, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  }
  for (const failure of failures.values()) throw failure;
}

async function silentError(
  engine: Engine,
  devnet: NetworkState,
  silent: readonly string[],
  timeoutMs: number,
): Promise<DevnetError> {
  const [first] = silent as [string];
  const lines = await readLastLines(engine, findNodeContainer(devnet, first).containerId);
  const [were, list] = silent.length === 1 ? ['was', 'does not list its'] : ['were', 'do not list their'];
  return new DevnetError(
    'node_silent',
    `${formatList(silent)} ${were} started and ${list} peers after ${timeoutMs / 1_000} s`,
    {
      hint: lines === '' ? `devnet logs ${first}` : `${silent.length === 1 ? 'its' : `${first}'s`} last lines:${lines}`,
    },
  );
}

/**
 * Starts nodes, as many at once as the engine is fastest with.
 * @returns those that somebody had taken off their network, or to another address, and why others could not be started
 */
async function startNodes(
  engine: Engine,
  { network }: NetworkState,
  nodes: readonly ObservedNode[],
): Promise<{ moved: Set<string>; failures: Map<string, unknown> }> {
  const moved = new Set<string>();
  const failures = new Map<string, unknown>();
  const limit = pLimit(maxParallelContainers(engine));
  const watching = new AbortController();
  const start =
    network && nodes.some(({ state }) => state !== 'running' && state !== 'paused')
      ? await createContainerStarter(engine, network.id, watching.signal, () => watching.abort())
      : (id: string, name: string) => startContainer(engine, id, name);
  const startOne = async (node: ObservedNode) => {
    try {
      if (network && node.misplacement !== undefined) {
        await reconnectNode(engine, network.id, node);
        moved.add(node.name);
      }
      await ensureRunning(engine, node, start);
    } catch (failure) {
      failures.set(node.name, failure);
    }
  };
  await Promise.all(nodes.map((node) => limit(startOne, node)));
  watching.abort();
  return { moved, failures };
}

/** Returns the declared links to some nodes, from nodes that run. */
function linksTo(targets: ReadonlySet<string>, { topology, nodes }: NetworkState): Link[] {
  const running = new Set(nodes.flatMap(({ name, state }) => (state === 'running' ? [name] : [])));
  return topology?.links.filter(({ from, to }) => targets.has(to) && running.has(from)) ?? [];
}

/** Starts or unpauses a container. That another process was faster is no error. */
async function ensureRunning(
  engine: Engine,
  { name, containerId, state }: ObservedNode,
  start: ContainerStarter,
): Promise<void> {
  if (state === 'running') return;
  try {
    await (state === 'paused' ? unpauseContainer(engine, containerId, name) : start(containerId, name));
  } catch (cause) {
    if ((await inspectContainer(engine, containerId))?.state !== 'running') throw cause;
  }
}
