import type { Gossip, Hello, Message } from '../../protocol/index.ts';
import type { Log } from '../log/log.ts';

/** The other end of the connection a message came by. */
export interface Sender {
  /** Its IP address. */
  readonly host: string;
  /** Its port, which is not the one it listens on unless this node dialed it. */
  readonly port: number;
  /** Address of this node on the connection. */
  readonly local: string;
  /** This node dialed: the connection is a link of its own. */
  readonly dialed: boolean;
  /** What it said of itself, once it has. */
  readonly hello: Hello | undefined;
  /** Sends it a message, now or later. Without effect when the connection is gone. */
  send(message: Message): void;
}

/** What a handler gets to work with. */
export interface HandlerContext {
  readonly sender: Sender;
  /** `host:port` of every peer. */
  peers(): string[];
  /** Spreads news to the peers except the sender, unless its id has been seen; returns whether it had not. */
  gossip(gossip: Gossip): boolean;
  readonly log: Log;
}

/**
 * Does what a message of one type asks for and returns the reply, if there is one. What it throws does not end the
 * node: a ProtocolError goes to the sender as an `error` message, anything else is logged and refused.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a reply need not return anything.
export type MessageHandler = (message: Message, context: HandlerContext) => Message | undefined | void;
