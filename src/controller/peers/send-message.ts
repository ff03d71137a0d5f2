import type { Engine } from '../../engine/engine.ts';
import { NodeClient, NodeRequestError } from '../../network/peer-control/node-client.ts';
import type { Message } from '../../protocol/index.ts';
import { DevnetError } from '../../shared/errors.ts';
import { formatList } from '../../shared/text.ts';
import type { NetworkState, ObservedNode } from '../state/network-state.ts';
import { openDialer } from './dialer.ts';

/** @throws DevnetError `no_such_node`, with the names there are */
export function findNode(devnet: NetworkState, name: string): ObservedNode {
  const node = devnet.nodes.find((candidate) => candidate.name === name);
  if (node) return node;
  const names = devnet.nodes.map((candidate) => candidate.name);
  throw new DevnetError('no_such_node', `"${devnet.name}" has no node "${name}"`, {
    hint: `its nodes: ${formatList(names, { max: 12 })}`,
  });
}

/**
 * Sends one message to a node and waits for its reply.
 * @param timeout milliseconds
 * @returns undefined when the node took the message and said nothing: not every message is answered
 * @throws DevnetError `no_such_node`, `node_unreachable`
 */
export async function sendMessage(
  engine: Engine,
  devnet: NetworkState,
  nodeName: string,
  message: Message,
  timeout: number,
): Promise<Message | undefined> {
  const node = findNode(devnet, nodeName);
  if (node.state !== 'running' || !devnet.network) {
    throw new DevnetError('node_unreachable', `${nodeName} does not run: it is ${node.state}`, {
      hint: `devnet status ${devnet.name}`,
    });
  }
  const route = await openDialer(engine, devnet.network, devnet.tunnelId);
  const client = new NodeClient({ host: node.address, port: node.port, dialer: route });
  try {
    return await client.send(message, timeout);
  } catch (cause) {
    if (!(cause instanceof NodeRequestError)) throw cause;
    throw new DevnetError('node_unreachable', `${nodeName}: ${cause.message}`, {
      hint: `devnet logs ${nodeName}`,
      cause,
    });
  } finally {
    client.close();
    route.close();
  }
}
