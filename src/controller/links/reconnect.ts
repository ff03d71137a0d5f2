import type { ClientServer } from '../../agents/netem/state/shaping-plan.ts';
import type { Engine } from '../../engine/engine.ts';
import { NodeClient, NodeRequestError } from '../../network/peer-control/node-client.ts';
import type { Link } from '../../topology/index.ts';
import { openDialer } from '../peers/dialer.ts';
import type { NetworkState } from '../state/network-state.ts';

/** How long a node may take to reply to `remove_peer` or `add_peer`, milliseconds. */
const REPLY_TIMEOUT_MS = 2_000;

/**
 * Has nodes close their connections and dial anew, so that these come to lead through the links container at once. Otherwise
 * it would take the next packet on each, which is lost with it. A node that knows no `remove_peer`, or does not answer, is left
 * to that.
 * @param links as declared: of each, it is the first node that is told
 * @param pairs addresses, whichever of the two dials
 */
export async function reconnectPeers(
  engine: Engine,
  { network, tunnelId: relayId, nodes }: NetworkState,
  links: readonly Link[],
  pairs: readonly ClientServer[],
): Promise<void> {
  if (!network || pairs.length === 0) return;
  const meant = new Set(pairs.map(({ client, server }) => `${client} ${server}`));
  const running = new Map(nodes.filter(({ state }) => state === 'running').map((node) => [node.name, node]));
  const told = new Map<string, string[]>();
  for (const link of links) {
    const from = running.get(link.from);
    const to = running.get(link.to);
    if (!from || !to || !meant.has(`${from.address} ${to.address}`)) continue;
    told.set(link.from, [...(told.get(link.from) ?? []), `${to.address}:${to.port}`]);
  }
  const route = await openDialer(engine, network, relayId);
  try {
    await Promise.all(
      [...told].map(async ([name, peers]) => {
        const { address, port } = running.get(name) as { address: string; port: number };
        const client = new NodeClient({ host: address, port, dialer: route });
        try {
          await Promise.all(peers.map((peer) => reconnectPeer(client, peer)));
        } finally {
          client.close();
        }
      }),
    );
  } finally {
    route.close();
  }
}

async function reconnectPeer(client: NodeClient, peer: string): Promise<void> {
  const removed = await requestPeerChange(client, 'remove_peer', peer);
  // Unless it said that it did not, it may have removed it.
  if (removed !== 'refused') await requestPeerChange(client, 'add_peer', peer);
}

async function requestPeerChange(
  client: NodeClient,
  type: 'add_peer' | 'remove_peer',
  payload: string,
): Promise<'refused' | 'told'> {
  try {
    const reply = await client.request({ message_type: type, payload }, REPLY_TIMEOUT_MS);
    return reply.message_type === 'error' ? 'refused' : 'told';
  } catch (failure) {
    if (!(failure instanceof NodeRequestError)) throw failure;
    // What was sent may have been heard.
    return failure.reason === 'refused' || failure.reason === 'unreachable' ? 'refused' : 'told';
  }
}
