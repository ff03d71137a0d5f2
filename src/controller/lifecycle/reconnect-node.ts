import type { Engine } from '../../engine/connection/engine.ts';
import { type Endpoint, reconnectContainer } from '../../engine/container-endpoint.ts';
import { LinkReconciler } from '../../network/reconcile/link-reconciler.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import type { Link } from '../../topology/model/topology.ts';
import { macAddressOf } from '../state/address-plan.ts';
import type { ObservedNode } from '../state/network-state.ts';

/** Returns a node's place on its network. */
export function nodeEndpoint(networkId: string, node: string, address: string): Endpoint {
  return { id: networkId, address, mac: macAddressOf(address), aliases: [node] };
}

/**
 * Puts a node back on its network, at its address. It may run or not.
 * @throws DevnetError `engine_failed`, as when something else has taken the address
 */
export function reconnectNode(engine: Engine, networkId: string, node: ObservedNode): Promise<void> {
  const { name, containerId, address } = node;
  return reconnectContainer(engine, containerId, name, nodeEndpoint(networkId, name, address));
}

/**
 * Has nodes that were put back, and those that dial them, dial anew: their old connections belong to an interface that is
 * gone, and they would find out only after a while.
 * @param timeoutMs time for each of the nodes to accept a connection
 */
export async function redialLinksOf(
  network: Pick<RunningNetwork, 'dialer' | 'addresses'>,
  links: readonly Link[],
  nodes: ReadonlySet<string>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const peers = new Map<string, string[]>();
  for (const { from, to } of links) {
    if (nodes.has(from) || nodes.has(to)) peers.set(from, [...(peers.get(from) ?? []), to]);
  }
  const reconciler = new LinkReconciler({ network, links, signal });
  try {
    await Promise.all([...nodes].map((node) => reconciler.waitUntilListening(node, timeoutMs)));
    await Promise.all([...peers].map(([node, its]) => reconciler.reconnect(node, its)));
  } finally {
    reconciler.close();
  }
}
