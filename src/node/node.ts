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
import { Buckets } from './bucket.ts';
import { Connection } from './connection.ts';
import { newCounters } from './counters.ts';
import { socketEnds } from './ends.ts';
import { Gossiper } from './gossiper.ts';
import type { Context, Handler, Sender } from './handler.ts';
import { createHandlers } from './handlers.ts';
import { isOwn, mayRemove, readHello } from './identity.ts';
import { Inbound } from './inbound.ts';
import type { Link, LinkOwner } from './link.ts';
import { boundTo, listen } from './listen.ts';
import type { Log } from './log.ts';
import type { Node, NodeOptions } from './options.ts';
import { Peers } from './peers.ts';
import { FLOOD, formatStrategy, type Strategy } from './strategy.ts';
import { Turns } from './turns.ts';

/** How long (ms) what was sent may take to leave when a node stops. */
const STOP_GRACE = 500;
/** Characters of an unknown type that an error quotes. */
const SHOWN = 64;

/** Makes a node; it does nothing before `start`. Any number of them may live in one process. */
export function createNode(options: NodeOptions): Node {
  return new PeerToPeerNode(options);
}

class PeerToPeerNode implements Node, LinkOwner {
  readonly limits: Limits;
  readonly log: Log;
  readonly now: () => number;
  readonly random: () => number;
  readonly source: string | undefined;
  readonly counters: Counters = newCounters();
  readonly turns: Turns;
  readonly #name: string;
  /** Tells this run of the node from every other node. */
  readonly #id = Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2);
  readonly #host: string | undefined;
  readonly #admins: ReadonlySet<string>;
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #peers: Peers;
  readonly #links = new Map<Connection, Link>();
  readonly #inbound: Inbound;
  readonly #strategy: Strategy;
  readonly #seed: number;
  readonly #gossiper: Gossiper;
  readonly #addPeers: Buckets;
  readonly #server: Server;
  #address: Address;
  #startedAt = 0;
  /** Bytes held for all connections. */
  #held = 0;

  constructor(options: NodeOptions) {
    const { name, port, host, admins = [], limits, handlers = [], log, now, random } = options;
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.log = log;
    this.now = now ?? (() => performance.now());
    this.random = random ?? Math.random;
    this.turns = new Turns(this.now);
    this.source = boundTo(host);
    this.#name = name;
    this.#host = host;
    this.#address = { host: this.source ?? '::', port };
    this.#admins = new Set([...admins].map(parseHost));
    const builtin = createHandlers({
      addPeer: (payload, sender) => this.#addPeerFor(payload, sender),
      removePeer: (payload, sender) => this.#removePeerFor(payload, sender),
      hello: (payload, sender) => this.#helloFrom(payload, sender as Connection),
      pong: (message, sender) => this.#links.get(sender as Connection)?.ponged(message),
      ihave: (payload, sender) => this.#gossiper.announced(payload, sender as Connection),
      iwant: (payload, sender) => this.#gossiper.requested(payload, sender as Connection),
      status: (sender) => this.#status(sender.local),
    });
    this.#handlers = new Map([...builtin, ...handlers]);
    this.#peers = new Peers(this);
    this.#strategy = options.strategy ?? FLOOD;
    this.#seed = options.seed ?? randomInt(2 ** 32);
    this.#gossiper = new Gossiper(this, name, this.#peers, this.#strategy, this.#seed);
    this.#inbound = new Inbound(this, this.#admins);
    this.#addPeers = new Buckets({ rate: this.limits.addPeersPerSecond, burst: this.limits.addPeersBurst });
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
    }, STOP_GRACE);
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
    return this.#peers.list;
  }

  gossip(gossip: Gossip): boolean {
    return this.#gossiper.spread(gossip);
  }

  status(): Status {
    return this.#status(this.#address.host);
  }

  // What connections and links ask of their node.

  contextFor(sender: Connection): Context {
    return {
      sender,
      log: this.log,
      peers: () => this.#peers.list,
      gossip: (gossip) => this.#gossiper.spread(gossip, sender),
    };
  }

  receive(message: Message, connection: Connection): Message | undefined {
    const type = message.message_type;
    const handler = this.#handlers.get(type);
    if (handler === undefined) {
      connection.complain('unknown_type', `no message type "${type.slice(0, SHOWN)}" is known here`);
      return undefined;
    }
    try {
      return handler(message, connection.context) ?? undefined;
    } catch (error) {
      if (error instanceof ProtocolError) {
        this.refused(`${error.code}: ${error.message}`, connection);
        connection.complain(error.code, error.message);
      } else {
        this.log.error('handler_failed', { type, message: String(error) });
        connection.complain('invalid_message', 'this message could not be handled');
      }
      return undefined;
    }
  }

  readonly held = (bytes: number): void => {
    this.#held += bytes;
    // What is held for many is free only when the last of them is rid of it, so ending one may not be enough.
    while (bytes > 0 && this.#held > this.limits.maxHeld && this.#endLargest());
  };

  /** Ends what most is held for: a client's connection, or all that waits for a peer. False when there is nothing. */
  #endLargest(): boolean {
    const reason = 'too much is held for all connections together';
    let most = 0;
    let end = () => {};
    let from = '';
    for (const connection of this.#inbound) {
      if (connection.held <= most) continue;
      most = connection.held;
      from = connection.host;
      end = () => connection.drop(reason);
    }
    for (const link of this.#peers) {
      if (link.held <= most) continue;
      most = link.held;
      from = link.listen;
      end = () => link.giveUp(reason);
    }
    if (most === 0) return false;
    this.log.warn('memory_short', { from, bytes: most });
    end();
    return true;
  }

  refused(what: string, connection: Connection): void {
    this.log.debug('refused', { from: connection.host, what });
  }

  closed(connection: Connection, reason: string): void {
    this.#inbound.delete(connection);
    const link = this.#links.get(connection);
    this.#links.delete(connection);
    this.log.debug('connection_closed', { from: connection.host, dialed: connection.dialed, reason });
    this.#gossiper.left(connection);
    link?.lost(reason);
  }

  open(socket: Socket, link: Link): Connection | undefined {
    const ends = socketEnds(socket);
    if (ends === undefined) return undefined;
    const connection = new Connection(socket, ends, true, this, link.traffic);
    this.#links.set(connection, link);
    return connection;
  }

  introduce(connection: Connection, link?: Link): Hello {
    const hello: Hello = {
      name: this.#name,
      listen: this.#listenOn(connection.local),
      version: PROTOCOL_VERSION,
      id: this.#id,
      ihave: true,
    };
    return link === undefined ? hello : { ...hello, link: link.number };
  }

  // What messages do.

  #addPeerFor(payload: unknown, sender: Sender): void {
    if (!this.#admins.has(sender.host) && !this.#addPeers.take(sender.host, this.now())) {
      throw new ProtocolError(
        'rate_limited',
        `${sender.host} adds peers faster than ${this.limits.addPeersPerSecond}/s`,
      );
    }
    this.#addPeer(parseAddress(payload, sender.host), sender.local);
  }

  #addPeer(address: Address, local: string): void {
    if (isOwn(address, { bound: this.source, port: this.#address.port, name: this.#name }, local)) return;
    if (this.#peers.size >= this.limits.maxPeers && this.#peers.get(address) === undefined) {
      throw new ProtocolError('rate_limited', `a node has at most ${this.limits.maxPeers} peers`);
    }
    this.#peers.add(address);
  }

  #removePeerFor(payload: unknown, sender: Sender): void {
    const address = parseAddress(payload, sender.host);
    if (!mayRemove(sender.host, address, this.#peers.get(address)?.connection?.host, this.#admins)) {
      throw new ProtocolError('invalid_payload', `only ${formatAddress(address)} itself may have it removed`);
    }
    this.#peers.remove(address, `asked by ${sender.host}`);
  }

  #helloFrom(payload: unknown, connection: Connection): Message | undefined {
    const hello = readHello(payload, connection.host);
    const link = this.#links.get(connection);
    if (link !== undefined) {
      // Its own words come back from something that repeats what it hears: that is no node.
      if (hello.id === this.#id) return undefined;
      connection.greet(hello);
      link.greeted();
      return undefined;
    }
    const first = connection.hello === undefined;
    connection.greet(hello);
    if (hello.id === this.#id) {
      const self = this.#peers.numbered(hello.link);
      if (self !== undefined) this.#peers.remove(self.peer, 'this node itself');
    }
    if (first) this.#peers.heardOf(connection);
    return { message_type: 'hello', payload: this.introduce(connection) };
  }

  #listenOn(local: string): string {
    return formatAddress({ host: this.source ?? local, port: this.#address.port });
  }

  #status(local: string): Status {
    return {
      name: this.#name,
      version: PROTOCOL_VERSION,
      listen: this.#listenOn(local),
      uptime: Math.round(this.now() - this.#startedAt) / 1_000,
      peers: this.#peers.status,
      inbound: this.#inbound.size,
      gossip: formatStrategy(this.#strategy),
      ...(this.#strategy.kind === 'fanout' ? { seed: this.#seed } : {}),
      counters: { ...this.counters },
      memory: { rss: process.memoryUsage.rss() },
    };
  }
}
