import type { Engine } from '../../engine/engine.ts';
import { NodeClient, NodeRequestError } from '../../network/peer-control/node-client.ts';
import type { NetworkState } from '../state/network-state.ts';
import { openDialer } from './dialer.ts';

/** How long a node may think about the question, milliseconds. */
const QUERY_TIMEOUT_MS = 2_000;

/** Which nodes answer `remove_peer`, by name; nodes that do not run are left out. */
export async function checkRemovePeerSupport(
  engine: Engine,
  { network, tunnelId: relayId, nodes }: NetworkState,
): Promise<Map<string, boolean>> {
  if (!network) return new Map();
  const route = await openDialer(engine, network, relayId);
  const running = nodes.filter(({ state }) => state === 'running');
  try {
    const answers = running.map(async ({ name, address, port }): Promise<[string, boolean]> => {
      const client = new NodeClient({ host: address, port, dialer: route });
      try {
        return [name, await supportsRemovePeer(client, `${address}:${port}`)];
      } finally {
        client.close();
      }
    });
    return new Map(await Promise.all(answers));
  } finally {
    route.close();
  }
}

/** Asked to remove its own address, which can be no peer of its, a node has nothing to do but answer. */
async function supportsRemovePeer(client: NodeClient, own: string): Promise<boolean> {
  try {
    return (
      (await client.request({ message_type: 'remove_peer', payload: own }, QUERY_TIMEOUT_MS)).message_type === 'peers'
    );
  } catch (failure) {
    if (!(failure instanceof NodeRequestError)) throw failure;
    return false;
  }
}
