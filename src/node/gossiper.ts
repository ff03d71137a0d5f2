import { type Counters, encode, type Gossip, type Limits } from '../protocol/index.ts';
import type { Connection } from './connection.ts';
import { cameFrom, nextHop, readGossip } from './gossip.ts';
import type { Link } from './link.ts';
import type { Log } from './log.ts';
import { Parcel } from './parcel.ts';
import { Seen } from './seen.ts';

/** What spreading news needs of its node. */
export interface GossipOwner {
  readonly limits: Limits;
  readonly counters: Counters;
  readonly log: Log;
  now(): number;
  readonly held: (bytes: number) => void;
}

/** Passes news on, each piece once, to every peer but the one it came from. */
export class Gossiper {
  readonly #owner: GossipOwner;
  /** What news of its own is said to be from. */
  readonly #name: string;
  readonly #links: Iterable<Link>;
  readonly #seen: Seen;

  constructor(owner: GossipOwner, name: string, links: Iterable<Link>) {
    this.#owner = owner;
    this.#name = name;
    this.#links = links;
    this.#seen = new Seen(owner.limits.maxSeenIds, owner.limits.seenAgeMs);
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
    counters.gossip_received++;
    log.info('gossip_received', { id, from, hops });
    this.#forward(gossip, sender);
    return true;
  }

  #forward(gossip: Gossip, sender: Connection | undefined): void {
    const { limits, counters } = this.#owner;
    const next = nextHop(gossip, limits.maxHops);
    if (next === undefined) return;
    const parcel = new Parcel(encode({ message_type: 'gossip', payload: next }), this.#owner.held);
    // Counting the hop can make it one byte longer than the next node takes.
    const fits = parcel.bytes.length - 2 <= limits.maxMessage;
    const origin = { listen: sender?.hello?.listen, hello: sender?.hello };
    for (const link of this.#links) {
      if ((sender !== undefined && link.connection === sender) || cameFrom(origin, link)) continue;
      if (fits && link.send(parcel)) counters.gossip_forwarded++;
      else counters.dropped++;
    }
  }
}
