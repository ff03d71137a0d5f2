import type { Gossip, Hello, Message } from '../../protocol/index.ts';
import type { Log } from '../log/log.ts';

/** The other end of the connection that a message came on. */
export interface Sender {
  /** IP address of the sender. */
  readonly host: string;
  /** Port of the sender. It listens there only if this node dialed it. */
  readonly port: number;
  /** Address of this node on the connection. */
  readonly local: string;
  /** This node dialed: the connection is one of its own links. */
  readonly dialed: boolean;
  /** The sender's hello, once it has come. */
  readonly hello: Hello | undefined;
  /** Sends a message, now or later. Without effect once the connection is closed. @throws what `encodeText` throws */
  send(message: Message): void;
}

/** Context of a message, for its handler. */
export interface HandlerContext {
  /** The other end of the connection, to send more messages than the reply. */
  readonly sender: Sender;
  /** Returns `host:port` of every peer. */
  peers(): string[];
  /**
   * Passes gossip on to the peers except the sender, unless its id has been seen. Returns whether the id was new.
   *
   * @throws ProtocolError `invalid_payload`
   */
  gossip(gossip: Gossip): boolean;
  /** The node's log. */
  readonly log: Log;
}

/**
 * Handles a message of one type and returns the reply, if any. What it throws does not stop the node: the sender gets a
 * ProtocolError as an `error` message; anything else is logged, and the sender gets `invalid_message`.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a reply need not return anything.
export type MessageHandler = (message: Message, context: HandlerContext) => Message | undefined | void;
