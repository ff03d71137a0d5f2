import type { Engine } from '../../engine/connection/engine.ts';
import { startContainer, unpauseContainer } from '../../engine/container-lifecycle.ts';
import { type ContainerState, inspectContainer } from '../../engine/containers.ts';
import { DEFAULT_TIMEOUT_MS, restorePeers } from '../../network/link-reconciler.ts';
import type { StartNodeOptions } from '../../network/running-network.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { Link } from '../../topology/model/topology.ts';
import { readLastLines } from '../logs/container-exit.ts';
import { withNodes } from '../peers/container-dialer.ts';
import { findNetworkState, findNodeContainer, type NetworkState } from '../state/network-state.ts';
import { reconnectNode, redialLinksOf } from './reconnect-node.ts';

/** Time for a node that listens to accept a connection. */
const DIAL_TIMEOUT_MS = 5_000;

/**
 * Starts or unpauses a node, on its network if somebody took it off; returns when it listens and lists its peers again. A
 * node that runs is only given back its peers.
 * @throws DevnetError `node_silent` when it does not listen, or does not list its peers, in time; `no_such_node`
 */
export async function restartNode(
  engine: Engine,
  name: string,
  node: string,
  options: StartNodeOptions = {},
): Promise<void> {
  const devnet = await findNetworkState(engine, name);
  const { state, containerId } = findNodeContainer(devnet, node);
  let wasMoved = await ensureOnNetwork(engine, devnet, node);
  await ensureRunning(engine, containerId, node, state);
  // Podman says where a container is only once it runs.
  if (engine.flavour === 'podman' && state !== 'running')
    wasMoved = await ensureOnNetwork(engine, await findNetworkState(engine, name), node);
  const { network, topology } = devnet;
  if (!network || !topology) return;
  const isRestored = await withNodes(engine, devnet, async (nodes) => {
    if (!(await restorePeers({ ...nodes, topology }, node, options))) return false;
    if (wasMoved) await redialLinksOf(nodes, linksTo(node, devnet), new Set([node]), DIAL_TIMEOUT_MS, options.signal);
    return true;
  });
  if (isRestored) return;
  const seconds = (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 1_000;
  const lines = await readLastLines(engine, containerId);
  throw new DevnetError('node_silent', `${node} was started and does not list its peers after ${seconds} s`, {
    hint: lines === '' ? `devnet logs ${node}` : `its last lines:${lines}`,
  });
}

/** @returns whether somebody had taken the node off its network, or to another address */
async function ensureOnNetwork(engine: Engine, devnet: NetworkState, node: string): Promise<boolean> {
  const found = findNodeContainer(devnet, node);
  if (!devnet.network || found.misplacement === undefined) return false;
  await reconnectNode(engine, devnet.network.id, found);
  return true;
}

/** Returns the declared links from nodes that run to a node. */
function linksTo(node: string, { topology, nodes }: NetworkState): Link[] {
  const running = new Set(nodes.flatMap(({ name, state }) => (state === 'running' ? [name] : [])));
  return topology?.links.filter(({ from, to }) => to === node && running.has(from)) ?? [];
}

/** Starts or unpauses a container. That another process was faster is no error. */
async function ensureRunning(engine: Engine, id: string, node: string, state: ContainerState): Promise<void> {
  if (state === 'running') return;
  try {
    await (state === 'paused' ? unpauseContainer : startContainer)(engine, id, node);
  } catch (cause) {
    if ((await inspectContainer(engine, id))?.state !== 'running') throw cause;
  }
}
