import type { Address, Gossip, Limits, Status } from '../protocol/index.ts';
import type { GossipStrategy } from './gossip/gossip-strategy.ts';
import type { Log } from './log/log.ts';
import type { MessageHandler } from './messages/message-handler.ts';

/** What a node is made of. */
export interface NodeOptions {
  /** How it calls itself. */
  name: string;
  /** Port to listen on; 0 means any. */
  port: number;
  /** Address to listen on, and to dial from; absent means all of the machine's. */
  host?: string | undefined;
  /** Addresses that may add peers as fast as they like and remove any. */
  admins?: Iterable<string>;
  limits?: Partial<Limits>;
  /** How news is passed on; absent means that it floods. */
  strategy?: GossipStrategy;
  /** What the choices of a fan-out hang on, a whole number from 0; absent means any. */
  seed?: number | undefined;
  /** Further message types, or others in place of the protocol's. */
  handlers?: Iterable<readonly [string, MessageHandler]>;
  log: Log;
  /** Milliseconds that do not go back. */
  now?: () => number;
  /** From 0 up to 1. */
  random?: () => number;
}

/** A node: a TCP server for its peers, and a TCP client of each. */
export interface Node {
  /** Listens; resolves to the address. Rejects with the system's error when it cannot, EADDRINUSE say. */
  start(): Promise<Address>;
  /** Ends every connection and stops listening; resolves when all is gone, after half a second at most. */
  stop(): Promise<void>;
  /** Remembers a peer and dials it. Throws ProtocolError for what is no address, or one peer too many. */
  addPeer(address: string): void;
  /** Drops a peer and the link to it, if it is one. Throws ProtocolError for what is no address. */
  removePeer(address: string): void;
  /** `host:port` of each peer, in the order they were added. */
  peers(): string[];
  /** Spreads news to its peers; returns whether its id was new. Throws ProtocolError for what is no gossip. */
  gossip(gossip: Gossip): boolean;
  status(): Status;
}
