import type { Engine } from '../engine/engine.ts';
import { DevnetError } from '../errors.ts';
import type { Message } from '../protocol/index.ts';
import { NodeClient, NodeSilent } from './node-client.ts';
import type { Observed, ObservedNode } from './observe.ts';
import { openRoute } from './route.ts';

/** @throws DevnetError `no_such_node`, with the names there are */
export function findNode(devnet: Observed, name: string): ObservedNode {
  const node = devnet.nodes.find((candidate) => candidate.name === name);
  if (node) return node;
  const names = devnet.nodes.map((candidate) => candidate.name);
  const some = names.length > 12 ? `${names.slice(0, 12).join(', ')}, … (${names.length} in all)` : names.join(', ');
  throw new DevnetError('no_such_node', `"${devnet.name}" has no node "${name}"`, { hint: `its nodes: ${some}` });
}

/**
 * Sends one message to a node and waits for its reply.
 * @param timeout milliseconds
 * @returns undefined when the node took the message and said nothing: not every message is answered
 * @throws DevnetError `no_such_node`, `node_unreachable`
 */
export async function send(
  engine: Engine,
  devnet: Observed,
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
  const route = await openRoute(engine, devnet.network, devnet.relayId);
  const client = new NodeClient({ host: node.address, port: node.port, route });
  try {
    return await client.say(message, timeout);
  } catch (cause) {
    if (!(cause instanceof NodeSilent)) throw cause;
    throw new DevnetError('node_unreachable', `${nodeName}: ${cause.message}`, {
      hint: `devnet logs ${nodeName}`,
      cause,
    });
  } finally {
    client.close();
    route.close();
  }
}
