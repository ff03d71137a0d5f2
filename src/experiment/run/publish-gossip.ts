import type { Dialer } from '../../network/dialer.ts';
import { Decoder, encode, type Gossip } from '../../protocol/index.ts';
import { DevnetError } from '../../shared/errors.ts';

/** Where the controller dials a node. */
export interface NodeAddress {
  node: string;
  host: string;
  port: number;
}

/** How long a node may take to accept a connection, and to answer, milliseconds. */
const REPLY_TIMEOUT_MS = 2_000;

/**
 * Tells a node a piece of gossip. A ping goes right behind it: messages are read in order, so that its answer says that
 * the gossip was read, where gossip itself is not answered. A node that answers no ping was told all the same.
 * @throws DevnetError `node_unreachable`
 */
export async function publishGossip(route: Dialer, { node, host, port }: NodeAddress, gossip: Gossip): Promise<void> {
  try {
    const socket = await route.connect(host, port, REPLY_TIMEOUT_MS);
    const decoder = new Decoder();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, REPLY_TIMEOUT_MS);
      const told = () => {
        clearTimeout(timer);
        resolve();
      };
      socket.on('data', (chunk: Buffer) => {
        if ([...decoder.push(chunk)].some(({ message }) => message?.message_type === 'pong')) told();
      });
      socket.on('close', told).on('error', reject);
      const messages = [{ message_type: 'gossip', payload: gossip }, { message_type: 'ping' }];
      socket.write(Buffer.concat(messages.map((message) => encode(message))));
    }).finally(() => socket.destroy());
  } catch (cause) {
    const { message } = cause as Error;
    throw new DevnetError('node_unreachable', `${node} could not be told a piece of gossip: ${message}`, {
      hint: `devnet logs ${node}`,
      cause,
    });
  }
}
