import type { Gossip, Message } from '../protocol/index.ts';
import { DevnetError } from '../shared/errors.ts';
import { formatList } from '../shared/text.ts';
import type { Dialer } from './dialer.ts';
import { NodeClient, NodeRequestError } from './peer-control/node-client.ts';
import type { NodeAddress, RunningNetwork, RunningNode } from './running-network.ts';

/** Time for a node to reply, milliseconds. */
export const DEFAULT_REPLY_TIMEOUT_MS = 2_000;

/**
 * Finds a declared node.
 * @throws DevnetError `no_such_node`, with the names there are
 */
export function findNode<T extends { name: string }>(network: string, nodes: readonly T[], name: string): T {
  const node = nodes.find((candidate) => candidate.name === name);
  if (node) return node;
  throw new DevnetError('no_such_node', `"${network}" has no node "${name}"`, {
    hint: `its nodes: ${formatList(nodes.map((candidate) => candidate.name))}`,
  });
}

/**
 * Sends one message to a running node and waits for its reply.
 * @param timeoutMs milliseconds for the reply
 * @returns undefined when the node took the message and did not reply: not every message has a reply
 * @throws DevnetError `no_such_node`, `node_unreachable`
 */
export async function sendMessage(
  network: Pick<RunningNetwork, 'name' | 'nodes' | 'dialer'>,
  node: string,
  message: Message,
  timeoutMs = DEFAULT_REPLY_TIMEOUT_MS,
): Promise<Message | undefined> {
  const running = findNode(network.name, await network.nodes(), node);
  assertRunning(running);
  return deliver(network.dialer, node, running, message, timeoutMs);
}

/**
 * Publishes a gossip message at a node; returns when the node has read it. The state of the node is not looked up, so that
 * nothing but the node itself takes time.
 * @param timeoutMs milliseconds to wait for a node that neither replies nor closes the connection
 * @throws DevnetError `node_unreachable` when the node cannot be dialed or refuses the message
 */
export async function publishGossip(
  { dialer, addresses }: Pick<RunningNetwork, 'dialer' | 'addresses'>,
  node: string,
  gossip: Gossip,
  timeoutMs = DEFAULT_REPLY_TIMEOUT_MS,
): Promise<void> {
  const address = addresses.get(node) as NodeAddress;
  const reply = await deliver(dialer, node, address, { message_type: 'gossip', payload: gossip }, timeoutMs);
  if (reply?.message_type !== 'error') return;
  throw new DevnetError('node_unreachable', `${node} refused the gossip: ${JSON.stringify(reply.payload)}`);
}

/** @throws DevnetError `node_unreachable` when the node does not run */
export function assertRunning({ name, state }: RunningNode): void {
  if (state !== 'running') throw unreachableError(name, `${name} does not run: it is ${state}`);
}

async function deliver(
  dialer: Dialer,
  node: string,
  { host, port }: NodeAddress,
  message: Message,
  timeoutMs: number,
): Promise<Message | undefined> {
  const client = new NodeClient({ host, port, dialer });
  try {
    return await client.send(message, timeoutMs);
  } catch (cause) {
    if (cause instanceof NodeRequestError) throw unreachableError(node, `${node}: ${cause.message}`, cause);
    throw cause;
  } finally {
    client.close();
  }
}

function unreachableError(node: string, message: string, cause?: unknown): DevnetError {
  return new DevnetError('node_unreachable', message, {
    hint: `its log tells what it did last: devnet logs ${node}, or node('${node}').logs() in a test`,
    ...(cause === undefined ? {} : { cause }),
  });
}
