import { randomInt } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import {
  type Address,
  type Counters,
  DEFAULT_LIMITS,
  formatAddress,
  type Gossip,
  type Hello,
  type Limits,
  type Message,
  PROTOCOL_VERSION,
  ProtocolError,
  parseAddress,
  parseHost,
  type Status,
} from '../protocol/index.ts';
import { Connection } from './connection/connection.ts';
import { newCounters } from './connection/counters.ts';
import { InboundConnections } from './connection/inbound-connections.ts';
import { boundHost, listen } from './connection/listen.ts';
import { readSocketAddresses } from './connection/socket-addresses.ts';
import { FLOOD, formatGossipStrategy, type GossipStrategy } from './gossip/gossip-strategy.ts';
import { Gossiper } from './gossip/gossiper.ts';
import { FairScheduler } from './limits/fair-scheduler.ts';
import { KeyedTokenBuckets } from './limits/token-bucket.ts';
import type { Log } from './log/log.ts';
import { isOwnAddress, mayRemovePeer, parseHello } from './messages/hello.ts';
import type { HandlerContext, MessageHandler, Sender } from './messages/message-handler.ts';
import { createProtocolHandlers } from './messages/protocol-handlers.ts';
import type { Node, NodeOptions } from './node-api.ts';
import type { PeerLink, PeerLinkOwner } from './peers/peer-link.ts';
import { PeerSet } from './peers/peer-set.ts';

/** How long (ms) what was sent may take to leave when a node stops. */
const STOP_TIMEOUT_MS = 500;
/** Characters of an unknown type that an error quotes. */
const MAX_QUOTED_CHARS = 64;

/** Makes a node; it does nothing before `start`. Any number of them may live in one process. */
export function createNode(options: NodeOptions): Node {
  return new PeerToPeerNode(options);
}

class PeerToPeerNode implements Node, PeerLinkOwner {
  readonly limits: Limits;
  readonly log: Log;
  readonly now: () => number;
  readonly random: () => number;
  readonly localAddress: string | undefined;
  readonly counters: Counters = newCounters();
  readonly scheduler: FairScheduler;
  readonly #name: string;
  /** Tells this run of the node from every other node. */
  readonly #id = Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2);
  readonly #host: string | undefined;
  readonly #admins: ReadonlySet<string>;
  readonly #handlers: ReadonlyMap<string, MessageHandler>;
  readonly #peers: PeerSet;
  readonly #links = new Map<Connection, PeerLink>();
  readonly #inbound: InboundConnections;
  readonly #gossipStrategy: GossipStrategy;
  readonly #seed: number;
  readonly #gossiper: Gossiper;
  readonly #addPeerBuckets: KeyedTokenBuckets;
  readonly #server: Server;
  #address: Address;
  #startedAt = 0;
  /** Bytes held for all connections. */
  #bufferedBytes = 0;

  constructor(options: NodeOptions) {
    const { name, port, host, admins = [], limits, handlers = [], log, now, random } = options;
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.log = log;
    this.now = now ?? (() => performance.now());
    this.random = random ?? Math.random;
    this.scheduler = new FairScheduler(this.now);
    this.localAddress = boundHost(host);
    this.#name = name;
    this.#host = host;
    this.#address = { host: this.localAddress ?? '::', port };
    this.#admins = new Set([...admins].map(parseHost));
    const builtin = createProtocolHandlers({
      addPeer: (payload, sender) => this.#onAddPeer(payload, sender),
      removePeer: (payload, sender) => this.#onRemovePeer(payload, sender),
      hello: (payload, sender) => this.#onHello(payload, sender as Connection),
      pong: (message, sender) => this.#links.get(sender as Connection)?.onPong(message),
      ihave: (payload, sender) => this.#gossiper.onAnnouncement(payload, sender as Connection),
      iwant: (payload, sender) => this.#gossiper.onRequest(payload, sender as Connection),
      status: (sender) => this.#status(sender.local),
      measureRoundTrips: () => this.#peers.measureRoundTrips(),
    });
    this.#handlers = new Map([...builtin, ...handlers]);
    this.#peers = new PeerSet(this);
    this.#gossipStrategy = options.strategy ?? FLOOD;
    this.#seed = options.seed ?? randomInt(2 ** 32);
    this.#gossiper = new Gossiper(this, name, this.#peers, this.#gossipStrategy, this.#seed);
    this.#inbound = new InboundConnections(this, this.#admins);
    this.#addPeerBuckets = new KeyedTokenBuckets({
      rate: this.limits.addPeersPerSecond,
      burst: this.limits.addPeersBurst,
    });
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#inbound.accept(socket));
  }

  async start(): Promise<Address> {
    this.#address = await listen(this.#server, this.#host, this.#address.port);
    this.#startedAt = this.now();
    this.#server.on('error', ({ message }) => this.log.error('server_error', { message }));
    this.log.info('listening', { address: this.#address.host, port: this.#address.port });
    return this.#address;
  }

  async stop(): Promise<void> {
    this.log.info('stopping');
    this.#peers.stop();
    this.#gossiper.stop();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#inbound) connection.end('stopping');
    const grace = setTimeout(() => {
      for (const connection of [...this.#inbound, ...this.#links.keys()]) connection.drop('stopping');
    }, STOP_TIMEOUT_MS);
    await closed;
    clearTimeout(grace);
    for (const connection of [...this.#links.keys()]) connection.drop('stopping');
  }

  addPeer(address: string): void {
    this.#addPeer(parseAddress(address), '');
  }

  removePeer(address: string): void {
    this.#peers.remove(parseAddress(address), 'asked to');
  }

  peers(): string[] {
    return this.#peers.addresses;
  }

  gossip(gossip: Gossip): boolean {
    return this.#gossiper.receiveGossip(gossip);
  }

  status(): Status {
    return this.#status(this.#address.host);
  }

  // What connections and links ask of their node.

  contextFor(sender: Connection): HandlerContext {
    return {
      sender,
      log: this.log,
      peers: () => this.#peers.addresses,
      gossip: (gossip) => this.#gossiper.receiveGossip(gossip, sender),
    };
  }

  handleMessage(message: Message, connection: Connection): Message | undefined {
    const type = message.message_type;
    const handler = this.#handlers.get(type);
    if (handler === undefined) {
      connection.sendError('unknown_type', `no message type "${type.slice(0, MAX_QUOTED_CHARS)}" is known here`);
      return undefined;
    }
    try {
      return handler(message, connection.context) ?? undefined;
    } catch (error) {
      if (error instanceof ProtocolError) {
        this.onRefused(`${error.code}: ${error.message}`, connection);
        connection.sendError(error.code, error.message);
      } else {
        this.log.error('handler_failed', { type, message: String(error) });
        connection.sendError('invalid_message', 'this message could not be handled');
      }
      return undefined;
    }
  }

  readonly onBufferedBytes = (bytes: number): void => {
    this.#bufferedBytes += bytes;
    // What is held for many is free only when the last of them is rid of it, so ending one may not be enough.
    while (bytes > 0 && this.#bufferedBytes > this.limits.maxHeld && this.#dropLargestBuffer());
  };

  /** Ends what most is held for: a client's connection, or all that waits for a peer. False when there is nothing. */
  #dropLargestBuffer(): boolean {
    const reason = 'too much is held for all connections together';
    let most = 0;
    let end = () => {};
    let from = '';
    for (const connection of this.#inbound) {
      if (connection.bufferedBytes <= most) continue;
      most = connection.bufferedBytes;
      from = connection.host;
      end = () => connection.drop(reason);
    }
    for (const link of this.#peers) {
      if (link.bufferedBytes <= most) continue;
      most = link.bufferedBytes;
      from = link.listen;
      end = () => link.dropQueued(reason);
    }
    if (most === 0) return false;
    this.log.warn('memory_short', { from, bytes: most });
    end();
    return true;
  }

  onRefused(what: string, connection: Connection): void {
    this.log.debug('refused', { from: connection.host, what });
  }

  onClosed(connection: Connection, reason: string): void {
    this.#inbound.delete(connection);
    const link = this.#links.get(connection);
    this.#links.delete(connection);
    this.log.debug('connection_closed', { from: connection.host, dialed: connection.dialed, reason });
    this.#gossiper.onConnectionClosed(connection);
    link?.onConnectionClosed(reason);
  }

  openConnection(socket: Socket, link: PeerLink): Connection | undefined {
    const ends = readSocketAddresses(socket);
    if (ends === undefined) return undefined;
    const connection = new Connection(socket, ends, true, this, link.traffic);
    this.#links.set(connection, link);
    return connection;
  }

  createHello(connection: Connection, link?: PeerLink): Hello {
    const hello: Hello = {
      name: this.#name,
      listen: this.#listenAddress(connection.local),
      version: PROTOCOL_VERSION,
      id: this.#id,
      ihave: true,
    };
    return link === undefined ? hello : { ...hello, link: link.linkNumber };
  }

  // What messages do.

  #onAddPeer(payload: unknown, sender: Sender): void {
    if (!this.#admins.has(sender.host) && !this.#addPeerBuckets.tryTake(sender.host, this.now())) {
      throw new ProtocolError(
        'rate_limited',
        `${sender.host} adds peers faster than ${this.limits.addPeersPerSecond}/s`,
      );
    }
    this.#addPeer(parseAddress(payload, sender.host), sender.local);
  }

  #addPeer(address: Address, local: string): void {
    if (isOwnAddress(address, { boundHost: this.localAddress, port: this.#address.port, name: this.#name }, local))
      return;
    if (this.#peers.size >= this.limits.maxPeers && this.#peers.get(address) === undefined) {
      throw new ProtocolError('rate_limited', `a node has at most ${this.limits.maxPeers} peers`);
    }
    this.#peers.add(address);
  }

  #onRemovePeer(payload: unknown, sender: Sender): void {
    const address = parseAddress(payload, sender.host);
    if (!mayRemovePeer(sender.host, address, this.#peers.get(address)?.connection?.host, this.#admins)) {
      throw new ProtocolError('invalid_payload', `only ${formatAddress(address)} itself may have it removed`);
    }
    this.#peers.remove(address, `asked by ${sender.host}`);
  }

  #onHello(payload: unknown, connection: Connection): Message | undefined {
    const hello = parseHello(payload, connection.host);
    const link = this.#links.get(connection);
    if (link !== undefined) {
      // Its own words come back from something that repeats what it hears: that is no node.
      if (hello.id === this.#id) return undefined;
      connection.acceptHello(hello);
      link.onHello();
      return undefined;
    }
    const first = connection.hello === undefined;
    connection.acceptHello(hello);
    if (hello.id === this.#id) {
      const self = this.#peers.findByNumber(hello.link);
      if (self !== undefined) this.#peers.remove(self.peer, 'this node itself');
    }
    if (first) this.#peers.redialIfWaiting(connection);
    return { message_type: 'hello', payload: this.createHello(connection) };
  }

  #listenAddress(local: string): string {
    return formatAddress({ host: this.localAddress ?? local, port: this.#address.port });
  }

  #status(local: string): Status {
    return {
      name: this.#name,
      version: PROTOCOL_VERSION,
      listen: this.#listenAddress(local),
      uptime: Math.round(this.now() - this.#startedAt) / 1_000,
      peers: this.#peers.status,
      inbound: this.#inbound.size,
      gossip: formatGossipStrategy(this.#gossipStrategy),
      ...(this.#gossipStrategy.kind === 'fanout' ? { seed: this.#seed } : {}),
      counters: { ...this.counters },
      memory: { rss: process.memoryUsage.rss() },
    };
  }
}
