import { type Message, ProtocolError, type Status } from '../../protocol/index.ts';
import type { MessageHandler, Sender } from './message-handler.ts';
import { parseGossip } from './payloads.ts';

/** Effects of the protocol's messages on a node. Each throws ProtocolError for a payload that it cannot use. */
export interface ProtocolActions {
  addPeer(payload: unknown, sender: Sender): void;
  removePeer(payload: unknown, sender: Sender): void;
  /** Returns the reply, if any. */
  hello(payload: unknown, sender: Sender): Message | undefined;
  pong(message: Message, sender: Sender): void;
  /** Returns the request for what this node lacks, if any. */
  ihave(payload: unknown, sender: Sender): Message | undefined;
  iwant(payload: unknown, sender: Sender): void;
  status(sender: Sender): Status;
  /** Measures the round trips of the links; resolves when they are known, or after a timeout. */
  measureRoundTrips(): Promise<unknown>;
}

/** Returns the handlers of the protocol's message types, in a Map: an object would find `constructor` in itself. */
export function createProtocolHandlers(actions: ProtocolActions): Map<string, MessageHandler> {
  const peers: MessageHandler = (_, context) => ({ message_type: 'peers', payload: context.peers() });
  const ignore: MessageHandler = () => {};
  return new Map<string, MessageHandler>([
    ['ping', ({ payload }) => ({ message_type: 'pong', payload })],
    ['pong', (message, { sender }) => actions.pong(message, sender)],
    // On a link of ours an echo is a reply: two nodes that answered those would never stop.
    ['echo', ({ payload }, { sender }) => (sender.dialed ? undefined : { message_type: 'echo', payload })],
    ['get_peers', peers],
    ['list_peers', peers],
    ['peers', ignore],
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
    ['gossip', ({ payload }, context) => void context.gossip(parseGossip(payload))],
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
    ['status', ignore],
    [
      'error',
      ({ payload }, { log, sender }) => {
        const { code, message } = (payload ?? {}) as { code?: unknown; message?: unknown };
        log.debug('error_received', { from: sender.host, code: String(code), message: String(message) });
      },
    ],
  ]);
}
