import { type Message, ProtocolError, type Status } from '../../protocol/index.ts';
import { parseGossip } from './gossip-payload.ts';
import type { MessageHandler, Sender } from './message-handler.ts';

/** What the protocol's own messages do to a node. Each throws ProtocolError for a payload it cannot use. */
export interface ProtocolActions {
  addPeer(payload: unknown, sender: Sender): void;
  removePeer(payload: unknown, sender: Sender): void;
  /** Notes who the sender is and returns what this node says to that. */
  hello(payload: unknown, sender: Sender): Message | undefined;
  pong(message: Message, sender: Sender): void;
  /** Notes what the sender can be asked for and returns what this node says to that. */
  ihave(payload: unknown, sender: Sender): Message | undefined;
  /** Sends the sender what it asks for. */
  iwant(payload: unknown, sender: Sender): void;
  status(sender: Sender): Status;
  /** Measures the round trips of the links; resolves when they are there, or when that took too long. */
  measureRoundTrips(): Promise<unknown>;
}

/** The protocol's message types. A node dispatches through a Map: an object would find `constructor` in itself. */
export function createProtocolHandlers(actions: ProtocolActions): Map<string, MessageHandler> {
  const peers: MessageHandler = (_, context) => ({ message_type: 'peers', payload: context.peers() });
  const unanswered: MessageHandler = () => {};
  return new Map<string, MessageHandler>([
    ['ping', ({ payload }) => ({ message_type: 'pong', payload })],
    ['pong', (message, { sender }) => actions.pong(message, sender)],
    // On a link of ours an echo is the reply to one: two nodes that answered those would never stop.
    ['echo', ({ payload }, { sender }) => (sender.dialed ? undefined : { message_type: 'echo', payload })],
    ['get_peers', peers],
    ['list_peers', peers],
    ['peers', unanswered],
    [
      'add_peer',
      (message, context) => {
        actions.addPeer(message.payload, context.sender);
        return peers(message, context);
      },
    ],
    [
      'remove_peer',
      (message, context) => {
        actions.removePeer(message.payload, context.sender);
        return peers(message, context);
      },
    ],
    [
      'gossip',
      ({ payload }, context) => {
        context.gossip(parseGossip(payload));
      },
    ],
    ['ihave', ({ payload }, { sender }) => actions.ihave(payload, sender)],
    ['iwant', ({ payload }, { sender }) => actions.iwant(payload, sender)],
    [
      'chat',
      ({ payload }, { log, sender }) => {
        if (typeof payload !== 'string') throw new ProtocolError('invalid_payload', 'chat is a string');
        log.info('chat', { text: payload, from: sender.hello?.name ?? sender.host });
      },
    ],
    ['hello', ({ payload }, { sender }) => actions.hello(payload, sender)],
    [
      'get_status',
      ({ payload }, { sender }) => {
        const status = (): Message => ({ message_type: 'status', payload: actions.status(sender) });
        if ((payload as { ping?: unknown } | null | undefined)?.ping !== true) return status();
        void actions.measureRoundTrips().then(() => sender.send(status()));
        return undefined;
      },
    ],
    ['status', unanswered],
    [
      'error',
      ({ payload }, { log, sender }) => {
        const { code, message } = (payload ?? {}) as { code?: unknown; message?: unknown };
        log.debug('error_received', { from: sender.host, code: String(code), message: String(message) });
      },
    ],
  ]);
}
