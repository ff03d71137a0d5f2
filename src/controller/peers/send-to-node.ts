import type { Engine } from '../../engine/connection/engine.ts';
import { sendMessage as sendMessageIn } from '../../network/send-message.ts';
import type { Message } from '../../protocol/index.ts';
import type { NetworkState } from '../state/network-state.ts';
import { withNodes } from './container-dialer.ts';

/**
 * Sends one message to a node and waits for its reply.
 * @param timeoutMs milliseconds for the reply
 * @returns undefined when the node took the message and did not reply: not every message has a reply
 * @throws DevnetError `no_such_node`, `node_unreachable`
 */
export async function sendToNode(
  engine: Engine,
  devnet: NetworkState,
  node: string,
  message: Message,
  timeoutMs: number,
): Promise<Message | undefined> {
  return withNodes(engine, devnet, (network) => sendMessageIn(network, node, message, timeoutMs));
}
