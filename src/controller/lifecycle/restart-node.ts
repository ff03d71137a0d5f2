import { startContainer, unpauseContainer } from '../../engine/container-lifecycle.ts';
import { type ContainerState, inspectContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { DEFAULT_TIMEOUT_MS, restorePeers } from '../../network/link-reconciler.ts';
import type { StartNodeOptions } from '../../network/running-network.ts';
import { DevnetError } from '../../shared/errors.ts';
import { readLastLines } from '../logs/container-exit.ts';
import { withNodes } from '../peers/container-dialer.ts';
import { findNetworkState, findNodeContainer } from '../state/network-state.ts';

/**
 * Starts or unpauses a node; returns when it listens and lists its peers again. A node that runs is only given back its
 * peers.
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
  await ensureRunning(engine, containerId, node, state);
  const { network, topology } = devnet;
  if (!network || !topology) return;
  if (await withNodes(engine, devnet, (nodes) => restorePeers({ ...nodes, topology }, node, options))) return;
  const seconds = (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 1_000;
  const lines = await readLastLines(engine, containerId);
  throw new DevnetError('node_silent', `${node} was started and does not list its peers after ${seconds} s`, {
    hint: lines === '' ? `devnet logs ${node}` : `its last lines:${lines}`,
  });
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
