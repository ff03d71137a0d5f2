import { type Counters, encode, type Gossip, type Limits, type Message } from '../../protocol/index.ts';
import type { Connection } from '../connection/connection.ts';
import { SharedBuffer } from '../connection/shared-buffer.ts';
import type { Log } from '../log/log.ts';
import { cameFrom, nextHop, parseGossip, parseGossipIds } from '../messages/gossip-payload.ts';
import type { PeerLink } from '../peers/peer-link.ts';
import type { GossipStrategy } from './gossip-strategy.ts';
import { MessageCache } from './message-cache.ts';
import { MessageRequester } from './message-requester.ts';
import { seededShuffle } from './seeded-shuffle.ts';
import { SeenCache } from './seen-cache.ts';

/** What messages end with, in bytes. */
const DELIMITER_BYTES = 2;

/** What spreading news needs of its node. */
export interface GossipOwner {
  readonly limits: Limits;
  readonly counters: Counters;
  readonly log: Log;
  readonly now: () => number;
  readonly onBufferedBytes: (bytes: number) => void;
}

/**
 * Passes news on, each piece once, to peers other than the one it came from: as its strategy says. What others announce
 * it asks for whatever its own strategy, so nodes with different ones get on.
 */
export class Gossiper {
  readonly #owner: GossipOwner;
  /** What news of its own is said to be from. */
  readonly #name: string;
  readonly #links: Iterable<PeerLink>;
  readonly #strategy: GossipStrategy;
  readonly #seed: number;
  readonly #seenCache: SeenCache;
  readonly #messageCache: MessageCache;
  readonly #requester: MessageRequester;

  constructor(owner: GossipOwner, name: string, links: Iterable<PeerLink>, strategy: GossipStrategy, seed: number) {
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

  /** Takes news, its own if there is no sender; returns whether it was. Throws ProtocolError `invalid_payload`. */
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

  /** Somebody has news; returns the request for what of it is news here. Throws ProtocolError `invalid_payload`. */
  onAnnouncement(payload: unknown, sender: Connection): Message | undefined {
    const { limits, now } = this.#owner;
    const ids = parseGossipIds(payload, limits.maxListedIds);
    const at = now();
    const missing = ids.filter((id) => !this.#seenCache.has(id, at));
    return this.#requester.onAnnouncement(missing, sender);
  }

  /** Somebody asks for news: gives what is still kept. Throws ProtocolError `invalid_payload`. */
  onRequest(payload: unknown, sender: Connection): void {
    const { limits, counters, now } = this.#owner;
    const at = now();
    for (const id of parseGossipIds(payload, limits.maxListedIds)) {
      const parcel = this.#messageCache.getFor(id, sender, at);
      if (parcel === undefined) continue;
      if (sender.offerBuffer(parcel)) counters.gossip_forwarded++;
      else counters.dropped++;
    }
  }

  /** A connection is over. */
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
    // Counting the hop can make it one byte longer than the next node takes.
    if (bytes.length - DELIMITER_BYTES > limits.maxMessage) counters.dropped += links.length;
    else if (strategy.kind === 'flood') this.#flood(links, bytes);
    else if (strategy.kind === 'fanout') this.#fanOut(links, bytes, next.id, strategy.copies);
    else this.#announce(links, bytes, next.id);
  }

  /** The links that lead elsewhere than where something came from. */
  #linksExcept(sender: Connection | undefined): PeerLink[] {
    const origin = { listen: sender?.hello?.listen, hello: sender?.hello };
    const links: PeerLink[] = [];
    for (const link of this.#links) {
      if ((sender !== undefined && link.connection === sender) || cameFrom(origin, link)) continue;
      links.push(link);
    }
    return links;
  }

  #flood(links: readonly PeerLink[], bytes: Buffer): void {
    const parcel = new SharedBuffer(bytes, this.#owner.onBufferedBytes);
    for (const link of links) this.#sendTo(link, parcel);
  }

  #fanOut(links: readonly PeerLink[], bytes: Buffer, id: string, copies: number): void {
    const parcel = new SharedBuffer(bytes, this.#owner.onBufferedBytes);
    // Names are the same in every run; addresses need not be.
    const order = seededShuffle(links, (link) => link.hello?.name ?? link.listen, [this.#seed, this.#name, id]);
    let given = 0;
    for (const link of order) {
      if (given === copies) break;
      if (this.#sendTo(link, parcel)) given++;
    }
  }

  #announce(links: readonly PeerLink[], bytes: Buffer, id: string): void {
    const { counters, onBufferedBytes: held, now } = this.#owner;
    const listens = (link: PeerLink) => link.hello?.ihave === true;
    const announced = links.some(listens) && this.#messageCache.put(id, bytes, now());
    const news = new SharedBuffer(bytes, held);
    const ihave = new SharedBuffer(encode({ message_type: 'ihave', payload: { ids: [id] } }), held);
    for (const link of links) {
      // One that is not known to understand an announcement gets the news itself.
      if (!announced || !listens(link)) this.#sendTo(link, news);
      else if (link.send(ihave)) counters.gossip_announced++;
      else counters.dropped++;
    }
  }

  #sendTo(link: PeerLink, parcel: SharedBuffer): boolean {
    const { counters } = this.#owner;
    const given = link.send(parcel);
    if (given) counters.gossip_forwarded++;
    else counters.dropped++;
    return given;
  }
}
