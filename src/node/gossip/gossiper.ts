import { encode, type Gossip, type Hello, type Message } from '../../protocol/index.ts';
import { MESSAGE_DELIMITER } from '../../protocol/message.ts';
import type { Connection, ConnectionOwner } from '../connection/connection.ts';
import { SharedBuffer } from '../connection/shared-buffer.ts';
import { parseGossip, parseGossipIds } from '../messages/payloads.ts';
import type { PeerLink } from '../peers/peer-link.ts';
import type { GossipStrategy } from './gossip-strategy.ts';
import { MessageCache } from './message-cache.ts';
import { MessageRequester } from './message-requester.ts';
import { seededShuffle } from './seeded-shuffle.ts';
import { SeenCache } from './seen-cache.ts';

/**
 * Passes gossip on, each message once, to peers other than the one it came from, as the strategy says. Requests what
 * peers announce whatever its own strategy, so nodes with different strategies work together.
 */
export class Gossiper {
  readonly #owner: ConnectionOwner;
  readonly #name: string;
  readonly #links: Iterable<PeerLink>;
  readonly #strategy: GossipStrategy;
  readonly #seed: number;
  readonly #seenCache: SeenCache;
  readonly #messageCache: MessageCache;
  readonly #requester: MessageRequester;

  /** @param name the node's, logged as the sender of gossip that starts here @param seed of the choices of a fan-out */
  constructor(owner: ConnectionOwner, name: string, links: Iterable<PeerLink>, strategy: GossipStrategy, seed: number) {
    const { maxSeenIds, seenAgeMs, maxKept, keptAgeMs } = owner.limits;
    this.#owner = owner;
    this.#name = name;
    this.#links = links;
    this.#strategy = strategy;
    this.#seed = seed;
    this.#seenCache = new SeenCache(maxSeenIds, seenAgeMs);
    this.#messageCache = new MessageCache(maxKept, keptAgeMs, owner.onBufferedBytes);
    this.#requester = new MessageRequester(owner);
  }

  /**
   * Handles gossip from a peer, or from this node where there is no sender. Returns whether its id was new.
   *
   * @throws ProtocolError `invalid_payload`
   */
  receiveGossip(payload: unknown, sender?: Connection): boolean {
    const gossip = parseGossip(payload);
    const { id, hops = 0 } = gossip;
    const { counters, log } = this.#owner;
    const from = sender?.hello?.name ?? sender?.host ?? this.#name;
    if (!this.#seenCache.add(id, this.#owner.now())) {
      counters.gossip_duplicate++;
      log.debug('gossip_duplicate', { id, from });
      return false;
    }
    this.#requester.onReceived(id);
    counters.gossip_received++;
    log.info('gossip_received', { id, from, hops });
    this.#forward(gossip, sender);
    return true;
  }

  /**
   * Handles an `ihave`; returns the request for what this node lacks, if any.
   *
   * @throws ProtocolError `invalid_payload`
   */
  onAnnouncement(payload: unknown, sender: Connection): Message | undefined {
    const ids = parseGossipIds(payload, this.#owner.limits.maxListedIds);
    const now = this.#owner.now();
    const missing = ids.filter((id) => !this.#seenCache.has(id, now));
    return this.#requester.onAnnouncement(missing, sender);
  }

  /**
   * Handles an `iwant`: sends what is still in the message cache.
   *
   * @throws ProtocolError `invalid_payload`
   */
  onRequest(payload: unknown, sender: Connection): void {
    const now = this.#owner.now();
    for (const id of parseGossipIds(payload, this.#owner.limits.maxListedIds)) {
      const buffer = this.#messageCache.getFor(id, sender, now);
      if (buffer !== undefined) this.#countForwarded(sender.offerBuffer(buffer));
    }
  }

  onConnectionClosed(connection: Connection): void {
    this.#requester.onConnectionClosed(connection);
  }

  stop(): void {
    this.#requester.stop();
  }

  #forward(gossip: Gossip, sender: Connection | undefined): void {
    const { limits, counters } = this.#owner;
    const next = nextHop(gossip, limits.maxHops);
    const links = next === undefined ? [] : this.#linksExcept(sender);
    if (next === undefined || links.length === 0) return;
    const bytes = encode({ message_type: 'gossip', payload: next });
    const strategy = this.#strategy;
    // Counting the hop can make it one byte longer than the next node accepts.
    if (bytes.length - MESSAGE_DELIMITER.length > limits.maxMessage) counters.dropped += links.length;
    else if (strategy.kind === 'announce') this.#announce(links, bytes, next.id);
    else if (strategy.kind === 'fanout') this.#fanOut(links, bytes, next.id, strategy.copies);
    else this.#sendTo(links, bytes);
  }

  #linksExcept(sender: Connection | undefined): PeerLink[] {
    const origin = { listen: sender?.hello?.listen, hello: sender?.hello };
    const links: PeerLink[] = [];
    for (const link of this.#links) {
      if ((sender === undefined || link.connection !== sender) && !isSameNode(origin, link)) links.push(link);
    }
    return links;
  }

  #fanOut(links: readonly PeerLink[], bytes: Buffer, id: string, copies: number): void {
    // Names are the same in every run; addresses need not be.
    const nameOf = (link: PeerLink) => link.hello?.name ?? link.listen;
    this.#sendTo(seededShuffle(links, nameOf, [this.#seed, this.#name, id]), bytes, copies);
  }

  #announce(links: readonly PeerLink[], bytes: Buffer, id: string): void {
    const { counters, onBufferedBytes, now } = this.#owner;
    const understands = (link: PeerLink) => link.hello?.ihave === true;
    const isAnnounced = links.some(understands) && this.#messageCache.put(id, bytes, now());
    const gossip = new SharedBuffer(bytes, onBufferedBytes);
    const ihave = new SharedBuffer(encode({ message_type: 'ihave', payload: { ids: [id] } }), onBufferedBytes, 'ihave');
    for (const link of links) {
      // A peer that is not known to understand an announcement gets the message itself.
      if (!isAnnounced || !understands(link)) this.#countForwarded(link.send(gossip));
      else if (link.send(ihave)) counters.gossip_announced++;
      else counters.dropped++;
    }
  }

  /** Sends a message to links in turn, until `copies` of them have taken it. */
  #sendTo(links: readonly PeerLink[], bytes: Buffer, copies = links.length): void {
    const buffer = new SharedBuffer(bytes, this.#owner.onBufferedBytes);
    let sent = 0;
    for (const link of links) {
      if (sent === copies) break;
      if (this.#countForwarded(link.send(buffer))) sent++;
    }
  }

  #countForwarded(isSent: boolean): boolean {
    if (isSent) this.#owner.counters.gossip_forwarded++;
    else this.#owner.counters.dropped++;
    return isSent;
  }
}

/** Returns the gossip that a node passes on: the same, one hop further. Undefined when it has travelled far enough. */
export function nextHop(gossip: Gossip, maxHops: number): Gossip | undefined {
  const hops = (gossip.hops ?? 0) + 1;
  return hops > maxHops ? undefined : { ...gossip, hops };
}

/** One end of a link. */
export interface GossipEndpoint {
  /** `host:port`: where a peer was dialed, or where the sender's hello says that it listens. */
  readonly listen?: string | undefined;
  readonly hello?: Hello | undefined;
}

/**
 * Returns whether the sender of gossip is `peer`, so that it need not go back there. Only a hello tells: a connection
 * without one shares its host with other nodes (behind NAT, on loopback), and gossip that arrives twice is better than
 * gossip that never arrives.
 */
export function isSameNode(sender: GossipEndpoint, peer: GossipEndpoint): boolean {
  if (sender.hello === undefined) return false;
  const { id } = sender.hello;
  return (id !== undefined && id === peer.hello?.id) || (sender.listen !== undefined && sender.listen === peer.listen);
}
