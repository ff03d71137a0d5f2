import { setTimeout as wait } from 'node:timers/promises';
import { startContainer, unpauseContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { NodeClient, NodeRequestError } from '../../network/peer-control/node-client.ts';
import { queryNode } from '../../network/peer-control/query-node.ts';
import { DevnetError } from '../../shared/errors.ts';
import { readLastLines } from '../logs/container-exit.ts';
import { openDialer } from '../peers/dialer.ts';
import { findNode } from '../peers/send-message.ts';
import { findDevnet, type NetworkState, type ObservedNode } from '../state/network-state.ts';

/** Between two tries at the same thing, milliseconds. */
const POLL_INTERVAL_MS = 50;
const REPLY_TIMEOUT_MS = 2_000;

/**
 * Brings a node that ended or was paused back to where it was: running, listening, and told of its peers again, for a node
 * forgets them with its process. Others dial it again by themselves.
 * @param timeout milliseconds
 * @throws DevnetError `node_silent` when it does not listen, or does not list its peers, within the timeout
 */
export async function restartNode(
  engine: Engine,
  name: string,
  node: string,
  { timeout = 30_000, signal }: { timeout?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const devnet = await findDevnet(engine, name);
  const found = findNode(devnet, node);
  if (found.state === 'paused') await unpauseContainer(engine, found.containerId, node);
  else if (found.state !== 'running') await startContainer(engine, found.containerId, node);
  if (!devnet.network) return;
  const route = await openDialer(engine, devnet.network, devnet.tunnelId);
  const client = new NodeClient({ host: found.address, port: found.port, dialer: route });
  const deadline = Date.now() + timeout;
  try {
    if (!(await restorePeers(client, devnet, found, deadline, signal))) {
      const words = await readLastLines(engine, found.containerId);
      throw new DevnetError(
        'node_silent',
        `${node} was started and does not take its peers after ${timeout / 1000} s`,
        {
          hint: words === '' ? `devnet logs ${node}` : `its last lines:${words}`,
        },
      );
    }
  } finally {
    client.close();
    route.close();
  }
}

/** Tells a node of its peers until it lists them all. @returns false when its time was over first */
async function restorePeers(
  client: NodeClient,
  devnet: NetworkState,
  { name }: ObservedNode,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const peers = (devnet.topology?.links ?? [])
    .filter(({ from }) => from === name)
    .flatMap(({ to }) => devnet.nodes.filter((other) => other.name === to))
    .map(({ address, port }) => `${address}:${port}`);
  const untold = new Set(peers);
  for (; Date.now() < deadline; await wait(POLL_INTERVAL_MS, undefined, signal ? { signal } : {})) {
    for (const payload of untold) {
      try {
        await client.request({ message_type: 'add_peer', payload }, REPLY_TIMEOUT_MS);
      } catch (failure) {
        if (!(failure instanceof NodeRequestError)) throw failure;
        // It is still coming up. All else is good enough: a node need not reply to add_peer.
        if (failure.reason === 'refused' || failure.reason === 'unreachable') break;
      }
      untold.delete(payload);
    }
    if (untold.size > 0) continue;
    const { report } = await queryNode(client, name);
    if (report.source === 'none') return true;
    const listed = new Set(report.peers.map(({ address }) => address));
    for (const address of peers) if (!listed.has(address)) untold.add(address);
    if (report.source !== 'down' && untold.size === 0) return true;
  }
  return false;
}
