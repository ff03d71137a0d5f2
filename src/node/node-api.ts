import type { Address, Gossip, Limits, Status } from '../protocol/index.ts';
import type { GossipStrategy } from './gossip/gossip-strategy.ts';
import type { Log } from './log/log.ts';
import type { MessageHandler } from './messages/message-handler.ts';

/** Identity of a network: no other one has the same. */
export interface NetworkIdentity {
  /** Name of the network. */
  name: string;
  /** Random, and new for each network of this name; absent when the node was told the name only. */
  id?: string;
}

/** Options of a node. */
export interface NodeOptions {
  /** Name in its hello and its log. */
  name: string;
  /** The network that it belongs to, for its hello and its status. @default none */
  network?: NetworkIdentity | undefined;
  /** Port to listen on; 0 for any free one. */
  port: number;
  /** IP address to listen on, and to dial from. @default all of the machine's */
  host?: string | undefined;
  /** IP addresses that may add peers without a rate limit and remove any peer. @default none */
  admins?: Iterable<string>;
  /** Limits that differ from the default ones; see docs/protocol.md, *Limits*. @default DEFAULT_LIMITS */
  limits?: Partial<Limits>;
  /** Strategy for passing gossip on. @default { kind: 'flood' } */
  strategy?: GossipStrategy;
  /** Seed of the choices of a fan-out, a whole number from 0. @default random */
  seed?: number | undefined;
  /** Handlers for more message types, or in place of the protocol's own. @default none */
  handlers?: Iterable<readonly [string, MessageHandler]>;
  /** Receives the node's events; see `createLog`. */
  log: Log;
  /** Returns milliseconds of a clock that does not go back. @default performance.now */
  now?: () => number;
  /** Returns a number from 0 up to 1. @default Math.random */
  random?: () => number;
}

/** A node: a TCP server for its peers, and a TCP client of each. */
export interface Node {
  /** Starts listening; resolves to the address. @throws Error of the system, such as `EADDRINUSE` */
  start(): Promise<Address>;
  /** Closes every connection and stops listening; resolves when all are closed, after half a second at most. @throws nothing */
  stop(): Promise<void>;
  /**
   * Adds a peer and dials it.
   *
   * @throws ProtocolError `invalid_payload` for what is not an address, `rate_limited` for one peer too many
   */
  addPeer(address: string): void;
  /** Removes a peer and closes its link, if it is one. @throws ProtocolError `invalid_payload` */
  removePeer(address: string): void;
  /** Returns `host:port` of each peer, in the order they were added. */
  peers(): string[];
  /** Passes gossip on to the peers; returns whether its id was new. @throws ProtocolError `invalid_payload` */
  gossip(gossip: Gossip): boolean;
  /** Returns what `get_status` is answered with. */
  status(): Status;
}
