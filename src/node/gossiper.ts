import { type Counters, encode, type Gossip, type Limits, type Message } from '../protocol/index.ts';
import type { Connection } from './connection.ts';
import { shuffled } from './fanout.ts';
import { cameFrom, nextHop, readGossip, readIds } from './gossip.ts';
import { Kept } from './kept.ts';
import type { Link } from './link.ts';
import type { Log } from './log.ts';
import { Parcel } from './parcel.ts';
import { Requests } from './requests.ts';
import { Seen } from './seen.ts';
import type { Strategy } from './strategy.ts';

/** What messages end with, in bytes. */
const END = 2;

/** What spreading news needs of its node. */
export interface GossipOwner {
  readonly limits: Limits;
  readonly counters: Counters;
  readonly log: Log;
  readonly now: () => number;
  readonly held: (bytes: number) => void;
}

/**
 * Passes news on, each piece once, to peers other than the one it came from: as its strategy says. What others announce
 * it asks for whatever its own strategy, so nodes with different ones get on.
 */
export class Gossiper {
  readonly #owner: GossipOwner;
  /** What news of its own is said to be from. */
  readonly #name: string;
  readonly #links: Iterable<Link>;
  readonly #strategy: Strategy;
  readonly #seed: number;
  readonly #seen: Seen;
  readonly #kept: Kept;
  readonly #requests: Requests;

  constructor(owner: GossipOwner, name: string, links: Iterable<Link>, strategy: Strategy, seed: number) {
    const { maxSeenIds, seenAgeMs, maxKept, keptAgeMs } = owner.limits;
    this.#owner = owner;
    this.#name = name;
    this.#links = links;
    this.#strategy = strategy;
    this.#seed = seed;
    this.#seen = new Seen(maxSeenIds, seenAgeMs);
    this.#kept = new Kept(maxKept, keptAgeMs, owner.held);
    this.#requests = new Requests(owner);
  }

  /** Takes news, its own if there is no sender; returns whether it was. Throws ProtocolError `invalid_payload`. */
  spread(payload: unknown, sender?: Connection): boolean {
    const gossip = readGossip(payload);
    const { id, hops = 0 } = gossip;
    const { counters, log } = this.#owner;
    const from = sender?.hello?.name ?? sender?.host ?? this.#name;
    if (!this.#seen.add(id, this.#owner.now())) {
      counters.gossip_duplicate++;
      log.debug('gossip_duplicate', { id, from });
      return false;
    }
    this.#requests.came(id);
    counters.gossip_received++;
    log.info('gossip_received', { id, from, hops });
    this.#forward(gossip, sender);
    return true;
  }

  /** Somebody has news; returns the request for what of it is news here. Throws ProtocolError `invalid_payload`. */
  announced(payload: unknown, sender: Connection): Message | undefined {
    const { limits, now } = this.#owner;
    const ids = readIds(payload, limits.maxListedIds);
    const at = now();
    const missing = ids.filter((id) => !this.#seen.has(id, at));
    return this.#requests.announced(missing, sender);
  }

  /** Somebody asks for news: gives what is still kept. Throws ProtocolError `invalid_payload`. */
  requested(payload: unknown, sender: Connection): void {
    const { limits, counters, now } = this.#owner;
    const at = now();
    for (const id of readIds(payload, limits.maxListedIds)) {
      const parcel = this.#kept.give(id, sender, at);
      if (parcel === undefined) continue;
      if (sender.offer(parcel)) counters.gossip_forwarded++;
      else counters.dropped++;
    }
  }

  /** A connection is over. */
  left(connection: Connection): void {
    this.#requests.left(connection);
  }

  stop(): void {
    this.#requests.stop();
  }

  #forward(gossip: Gossip, sender: Connection | undefined): void {
    const { limits, counters } = this.#owner;
    const next = nextHop(gossip, limits.maxHops);
    const links = next === undefined ? [] : this.#linksExcept(sender);
    if (next === undefined || links.length === 0) return;
    const bytes = encode({ message_type: 'gossip', payload: next });
    const strategy = this.#strategy;
    // Counting the hop can make it one byte longer than the next node takes.
    if (bytes.length - END > limits.maxMessage) counters.dropped += links.length;
    else if (strategy.kind === 'flood') this.#flood(links, bytes);
    else if (strategy.kind === 'fanout') this.#fanOut(links, bytes, next.id, strategy.copies);
    else this.#announce(links, bytes, next.id);
  }

  /** The links that lead elsewhere than where something came from. */
  #linksExcept(sender: Connection | undefined): Link[] {
    const origin = { listen: sender?.hello?.listen, hello: sender?.hello };
    const links: Link[] = [];
    for (const link of this.#links) {
      if ((sender !== undefined && link.connection === sender) || cameFrom(origin, link)) continue;
      links.push(link);
    }
    return links;
  }

  #flood(links: readonly Link[], bytes: Buffer): void {
    const parcel = new Parcel(bytes, this.#owner.held);
    for (const link of links) this.#give(link, parcel);
  }

  #fanOut(links: readonly Link[], bytes: Buffer, id: string, copies: number): void {
    const parcel = new Parcel(bytes, this.#owner.held);
    // Names are the same in every run; addresses need not be.
    const order = shuffled(links, (link) => link.hello?.name ?? link.listen, [this.#seed, this.#name, id]);
    let given = 0;
    for (const link of order) {
      if (given === copies) break;
      if (this.#give(link, parcel)) given++;
    }
  }

  #announce(links: readonly Link[], bytes: Buffer, id: string): void {
    const { counters, held, now } = this.#owner;
    const listens = (link: Link) => link.hello?.ihave === true;
    const announced = links.some(listens) && this.#kept.add(id, bytes, now());
    const news = new Parcel(bytes, held);
    const ihave = new Parcel(encode({ message_type: 'ihave', payload: { ids: [id] } }), held);
    for (const link of links) {
      // One that is not known to understand an announcement gets the news itself.
      if (!announced || !listens(link)) this.#give(link, news);
      else if (link.send(ihave)) counters.gossip_announced++;
      else counters.dropped++;
    }
  }

  #give(link: Link, parcel: Parcel): boolean {
    const { counters } = this.#owner;
    const given = link.send(parcel);
    if (given) counters.gossip_forwarded++;
    else counters.dropped++;
    return given;
  }
}
