// A node with a height, as of a chain that only grows. It adds the handlers of three message types to the protocol's:
//
//   get_height            replies with   height NUMBER
//   set_height NUMBER     raises the height, publishes it as gossip, and replies the same way
//
// Every node ends at the highest height that was set on any of them.
import { hostname } from 'node:os';
import { createLog, createNode, type Message, type MessageHandler, ProtocolError } from 'devnet';

const name = process.env.DEVNET_NAME ?? hostname();
const log = createLog({ node: name, level: 'info', write: (line) => process.stdout.write(line) });
let height = 0;

const reply = (): Message => ({ message_type: 'height', payload: height });

function read(payload: unknown): number {
  if (Number.isSafeInteger(payload) && (payload as number) >= 0) return payload as number;
  throw new ProtocolError('invalid_payload', 'a height is a whole number, 0 or more');
}

/** Sets the height, unless it is higher already. */
function raise(to: number, from: string): void {
  if (to <= height) return;
  height = to;
  log.info('height_raised', { height, from });
}

const setHeight: MessageHandler = ({ payload }, { gossip, sender }) => {
  raise(read(payload), sender.host);
  gossip({ id: `height-${height}`, data: { height } });
  return reply();
};

// Gossip is a message type like any other: this handler reads the height, and the node forwards the message once.
const gossip: MessageHandler = ({ payload }, { gossip, sender }) => {
  const news = payload as { id: string; data?: { height?: unknown } };
  gossip(news);
  if (news.data?.height !== undefined) raise(read(news.data.height), sender.hello?.name ?? sender.host);
};

const node = createNode({
  name,
  port: Number(process.env.DEVNET_PORT ?? 3000),
  admins: (process.env.DEVNET_ADMIN ?? '').split(',').filter(Boolean),
  handlers: [
    ['get_height', () => reply()],
    ['set_height', setHeight],
    ['height', () => undefined],
    ['gossip', gossip],
  ],
  log,
});
await node.start();
process.on('SIGTERM', () => void node.stop().then(() => process.exit(0)));
