import type { Engine } from '../../engine/engine.ts';
import { findNode as findNodeIn, sendMessage as sendMessageIn } from '../../network/send-message.ts';
import type { Message } from '../../protocol/index.ts';
import type { NetworkState, ObservedNode } from '../state/network-state.ts';
import { withNodes } from './dialer.ts';

/** @throws DevnetError `no_such_node`, with the names there are */
export function findNode(devnet: NetworkState, name: string): ObservedNode {
  return findNodeIn(devnet.name, devnet.nodes, name);
}

/**
 * Sends one message to a node and waits for its reply.
 * @param timeout milliseconds
 * @returns undefined when the node took the message and did not reply: not every message has a reply
 * @throws DevnetError `no_such_node`, `node_unreachable`
 */
export async function sendMessage(
  engine: Engine,
  devnet: NetworkState,
  node: string,
  message: Message,
  timeout: number,
): Promise<Message | undefined> {
  return withNodes(engine, devnet, (network) => sendMessageIn(network, node, message, timeout));
}
