import { startContainer, unpauseContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { restorePeers } from '../../network/link-reconciler.ts';
import { DevnetError } from '../../shared/errors.ts';
import { readLastLines } from '../logs/container-exit.ts';
import { withNodes } from '../peers/dialer.ts';
import { findDevnet, findNode } from '../state/network-state.ts';

/**
 * Starts or unpauses a node; returns when it listens and lists its peers again. A node that runs is only given back its
 * peers.
 * @param options.timeoutMs @default 30,000
 * @throws DevnetError `node_silent` when it does not listen, or does not list its peers, in time; `no_such_node`
 */
export async function restartNode(
  engine: Engine,
  name: string,
  node: string,
  { timeoutMs = 30_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const devnet = await findDevnet(engine, name);
  const { state, containerId } = findNode(devnet, node);
  if (state === 'paused') await unpauseContainer(engine, containerId, node);
  else if (state !== 'running') await startContainer(engine, containerId, node);
  const { network, topology } = devnet;
  if (!network || !topology) return;
  const options = { timeoutMs, ...(signal ? { signal } : {}) };
  if (await withNodes(engine, devnet, (nodes) => restorePeers({ ...nodes, topology }, node, options))) return;
  const lines = await readLastLines(engine, containerId);
  throw new DevnetError('node_silent', `${node} was started and does not list its peers after ${timeoutMs / 1000} s`, {
    hint: lines === '' ? `devnet logs ${node}` : `its last lines:${lines}`,
  });
}
