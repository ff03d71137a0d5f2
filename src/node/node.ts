import { createServer, type Server, type Socket } from 'node:net';
import {
  type Address,
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
import { Counters } from '../protocol/status.ts';
import { Connection } from './connection/connection.ts';
import { InboundConnections } from './connection/inbound-connections.ts';
import { boundHost, listen, readSocketAddresses } from './connection/socket-addresses.ts';
import { formatGossipStrategy, type GossipStrategy } from './gossip/gossip-strategy.ts';
import { Gossiper } from './gossip/gossiper.ts';
import { FairScheduler } from './limits/fair-scheduler.ts';
import { KeyedTokenBuckets } from './limits/token-bucket.ts';
import type { Log } from './log/log.ts';
import type { HandlerContext, MessageHandler, Sender } from './messages/message-handler.ts';
import { parseHello } from './messages/payloads.ts';
import { createProtocolHandlers } from './messages/protocol-handlers.ts';
import { TypeCounters } from './messages/type-counters.ts';
import type { Node, NodeOptions } from './node-api.ts';
import type { PeerLink, PeerLinkOwner } from './peers/peer-link.ts';
import { isOwnAddress, mayRemovePeer } from './peers/peer-rules.ts';
import { PeerSet } from './peers/peer-set.ts';

/** Longest time for what was sent to leave when a node stops. */
const STOP_TIMEOUT_MS = 500;
/** Characters of an unknown message type that an error quotes. */
const MAX_QUOTED_CHARS = 64;

/**
 * Creates a node; it does nothing before `start`. One process can hold any number of them.
 * @throws ProtocolError `invalid_payload` when `host` or one of `admins` is not an address
 */
export function createNode(options: NodeOptions): Node {
  return new PeerToPeerNode(options);
}

class PeerToPeerNode implements Node, PeerLinkOwner {
  readonly limits: Limits;
  readonly log: Log;
  readonly now: () => number;
  readonly random: () => number;
  readonly localAddress: string | undefined;
  readonly counters = new Counters();
  readonly typeCounters = new TypeCounters((type) => this.#handlers.has(type));
  readonly scheduler: FairScheduler;
  readonly #name: string;
  /** Fields of its hello and status. */
  readonly #network: Pick<Status, 'network' | 'network_id'>;
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
  /** Bytes buffered for all connections. */
  #bufferedBytes = 0;

  constructor(options: NodeOptions) {
    const { name, network, port, host, admins = [], limits, handlers = [], log, now, random } = options;
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.log = log;
    this.now = now ?? (() => performance.now());
    this.random = random ?? Math.random;
    this.scheduler = new FairScheduler(this.now);
    this.localAddress = boundHost(host);
    this.#name = name;
    this.#network = network ? { network: network.name, ...(network.id ? { network_id: network.id } : {}) } : {};
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
    this.#gossipStrategy = options.strategy ?? { kind: 'flood' };
    this.#seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
    this.#gossiper = new Gossiper(this, name, this.#peers, this.#gossipStrategy, this.#seed);
    this.#inbound = new InboundConnections(this, this.#admins);
    const { addPeersPerSecond: rate, addPeersBurst: burst } = this.limits;
    this.#addPeerBuckets = new KeyedTokenBuckets({ rate, burst });
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
    const timeout = setTimeout(() => {
      for (const connection of [...this.#inbound, ...this.#links.keys()]) connection.drop('stopping');
    }, STOP_TIMEOUT_MS);
    await closed;
    clearTimeout(timeout);
    for (const connection of [...this.#links.keys()]) connection.drop('stopping');
  }

  addPeer(address: string): void {
    this.#addPeer(parseAddress(address), '');
  }

  removePeer(address: string): void {
    this.#peers.remove(parseAddress(address), 'removed by the program');
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

  // What connections and links call.

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
      connection.sendError('unknown_type', `unknown message type "${type.slice(0, MAX_QUOTED_CHARS)}"`);
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
        connection.sendError('invalid_message', 'the handler of this message failed');
      }
      return undefined;
    }
  }

  readonly onBufferedBytes = (change: number): void => {
    this.#bufferedBytes += change;
    // A shared buffer is freed only when its last connection releases it, so dropping one may not be enough.
    while (change > 0 && this.#bufferedBytes > this.limits.maxHeld && this.#dropLargestBuffer());
  };

  /** Drops the client or the peer that most is buffered for. Returns false if nothing is buffered. */
  #dropLargestBuffer(): boolean {
    let [largest, bytes]: [Connection | PeerLink | undefined, number] = [undefined, 0];
    for (const one of [...this.#inbound, ...this.#peers]) {
      const { bufferedBytes } = one;
      if (bufferedBytes > bytes) [largest, bytes] = [one, bufferedBytes];
    }
    if (largest === undefined) return false;
    const reason = 'memory limit for all connections reached (DEVNET_MAX_HELD)';
    const from = largest instanceof Connection ? largest.host : largest.listen;
    this.log.warn('memory_short', { from, bytes });
    if (largest instanceof Connection) largest.drop(reason);
    else largest.dropQueued(reason);
    return true;
  }

  onRefused(reason: string, connection: Connection): void {
    this.log.debug('refused', { from: connection.host, what: reason });
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
    const addresses = readSocketAddresses(socket);
    if (addresses === undefined) return undefined;
    const connection = new Connection(socket, addresses, true, this, link.traffic);
    this.#links.set(connection, link);
    return connection;
  }

  createHello(connection: Connection, link?: PeerLink): Hello {
    return {
      name: this.#name,
      ...this.#network,
      listen: this.#listenAddress(connection.local),
      version: PROTOCOL_VERSION,
      id: this.#id,
      ihave: true,
      ...(link === undefined ? {} : { link: link.linkNumber }),
    };
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
    const listenAddress = { boundHost: this.localAddress, port: this.#address.port, name: this.#name };
    if (isOwnAddress(address, listenAddress, local)) return;
    if (this.#peers.size >= this.limits.maxPeers && this.#peers.get(address) === undefined) {
      throw new ProtocolError('rate_limited', `a node has at most ${this.limits.maxPeers} peers`);
    }
    this.#peers.add(address);
  }

  #onRemovePeer(payload: unknown, sender: Sender): void {
    const address = parseAddress(payload, sender.host);
    if (!mayRemovePeer(sender.host, address, this.#peers.get(address)?.connection?.host, this.#admins)) {
      throw new ProtocolError(
        'invalid_payload',
        `only ${formatAddress(address)} itself or an admin address can remove this peer`,
      );
    }
    this.#peers.remove(address, `asked by ${sender.host}`);
  }

  #onHello(payload: unknown, connection: Connection): Message | undefined {
    const hello = this.#parseHello(payload, connection);
    const link = this.#links.get(connection);
    if (link !== undefined) {
      // A program that repeats what it receives is not a node.
      if (hello.id === this.#id) return undefined;
      connection.acceptHello(hello);
      link.onHello();
      return undefined;
    }
    const isFirst = connection.hello === undefined;
    connection.acceptHello(hello);
    if (hello.id === this.#id) {
      const self = this.#peers.findByNumber(hello.link);
      if (self !== undefined) this.#peers.remove(self.peer, 'this node itself');
    }
    if (isFirst) this.#peers.redialIfWaiting(connection);
    return { message_type: 'hello', payload: this.createHello(connection) };
  }

  /** Parses a hello, and logs what of it is not used: otherwise nobody could tell why its sender is no link. */
  #parseHello(payload: unknown, { host, hello: earlier }: Connection): Hello {
    try {
      const { hello, ignored } = parseHello(payload, host);
      // Only of the first hello on a connection, so that nobody can fill the log.
      if (ignored.length > 0 && earlier === undefined)
        this.log.info('hello_fields_ignored', { from: host, name: hello.name, fields: ignored.join(', ') });
      return hello;
    } catch (error) {
      if (error instanceof ProtocolError) this.log.info('hello_refused', { from: host, reason: error.message });
      throw error;
    }
  }

  #listenAddress(local: string): string {
    return formatAddress({ host: this.localAddress ?? local, port: this.#address.port });
  }

  #status(local: string): Status {
    return {
      name: this.#name,
      ...this.#network,
      version: PROTOCOL_VERSION,
      listen: this.#listenAddress(local),
      uptime: Math.round(this.now() - this.#startedAt) / 1_000,
      peers: this.#peers.status,
      inbound: this.#inbound.size,
      gossip: formatGossipStrategy(this.#gossipStrategy),
      ...(this.#gossipStrategy.kind === 'fanout' ? { seed: this.#seed } : {}),
      counters: { ...this.counters },
      types: this.typeCounters.toJSON(),
      buffered: this.#bufferedBytes,
      memory: { rss: process.memoryUsage.rss() },
    };
  }
}
