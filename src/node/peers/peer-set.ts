import { type Address, formatAddress, type PeerStatus } from '../../protocol/index.ts';
import type { Connection } from '../connection/connection.ts';
import { PeerLink, type PeerLinkOwner } from './peer-link.ts';

/** Age above which `measureRoundTrips` measures a round trip again. */
const MAX_ROUND_TRIP_AGE_MS = 1_000;
/** Longest that `measureRoundTrips` waits for pongs. */
const PONG_TIMEOUT_MS = 1_000;

/** The peers of a node, each with its link, in the order they were added. */
export class PeerSet {
  readonly #owner: PeerLinkOwner;
  readonly #links = new Map<string, PeerLink>();
  #nextLinkNumber = 0;
  #measurement: Promise<unknown> | undefined;

  constructor(owner: PeerLinkOwner) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#links.size;
  }

  /** `host:port` of each peer. */
  get addresses(): string[] {
    return [...this.#links.keys()];
  }

  get status(): PeerStatus[] {
    return [...this].map((link) => link.status);
  }

  get(address: Address): PeerLink | undefined {
    return this.#links.get(formatAddress(address));
  }

  [Symbol.iterator](): IterableIterator<PeerLink> {
    return this.#links.values();
  }

  /** Adds a peer and dials it. Without effect if it is one already. */
  add(address: Address): void {
    const listen = formatAddress(address);
    if (this.#links.has(listen)) return;
    const link = new PeerLink(address, this.#nextLinkNumber++, this.#owner);
    this.#links.set(listen, link);
    this.#owner.log.info('peer_added', { peer: listen });
    link.dial();
  }

  /** Removes a peer and closes its link. Without effect if it is none. */
  remove(address: Address, reason: string): void {
    const link = this.get(address);
    if (link === undefined) return;
    this.#links.delete(link.listen);
    this.#owner.log.info('peer_removed', { peer: link.listen, reason });
    link.stop();
  }

  /** Returns the link whose hellos carry this number. */
  findByNumber(number: number | undefined): PeerLink | undefined {
    return [...this].find((link) => link.linkNumber === number);
  }

  /** Redials the peer that has just said hello on another connection, if its link is waiting to redial. */
  redialIfWaiting(connection: Connection): void {
    const { listen } = connection.hello ?? {};
    const link = listen === undefined ? undefined : this.#links.get(listen);
    // Without this check, a hello that names another address could make this node dial others.
    if (link?.peer.host === connection.host) link.redialNow();
  }

  /** Measures the round trips that are old. Resolves when all pongs have come, or after a timeout. */
  measureRoundTrips(): Promise<unknown> {
    this.#measurement ??= this.#pingAll().finally(() => {
      this.#measurement = undefined;
    });
    return this.#measurement;
  }

  async #pingAll(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PONG_TIMEOUT_MS);
    });
    await Promise.race([Promise.all([...this].map((link) => link.measureRoundTrip(MAX_ROUND_TRIP_AGE_MS))), timeout]);
    clearTimeout(timer);
  }

  stop(): void {
    for (const link of this) link.stop();
  }
}
