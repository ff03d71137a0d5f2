import { type Address, formatAddress, type PeerStatus } from '../protocol/index.ts';
import type { Connection } from './connection.ts';
import { Link, type LinkOwner } from './link.ts';

/** The peers of a node, each with the link to it, in the order they were added. */
export class Peers {
  readonly #owner: LinkOwner;
  readonly #links = new Map<string, Link>();
  #dialed = 0;

  constructor(owner: LinkOwner) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#links.size;
  }

  /** `host:port` of each. */
  get list(): string[] {
    return [...this.#links.keys()];
  }

  get status(): PeerStatus[] {
    return [...this.#links.values()].map((link) => link.status);
  }

  get(address: Address): Link | undefined {
    return this.#links.get(formatAddress(address));
  }

  [Symbol.iterator](): IterableIterator<Link> {
    return this.#links.values();
  }

  /** Remembers a peer and dials it. Without effect when it is one already. */
  add(address: Address): void {
    const listen = formatAddress(address);
    if (this.#links.has(listen)) return;
    const link = new Link(address, this.#dialed++, this.#owner);
    this.#links.set(listen, link);
    this.#owner.log.info('peer_added', { peer: listen });
    link.dial();
  }

  /** Ends the link to a peer and forgets it. Without effect when it is none. */
  remove(address: Address, reason: string): void {
    const link = this.get(address);
    if (link === undefined) return;
    this.#links.delete(link.listen);
    this.#owner.log.info('peer_removed', { peer: link.listen, reason });
    link.stop();
  }

  /** The link whose hellos carry this number. */
  numbered(number: number | undefined): Link | undefined {
    return [...this].find((link) => link.number === number);
  }

  /** A node that listens there has been heard of: if it is a peer that is being waited for, the wait is over. */
  heardOf(connection: Connection): void {
    const { listen } = connection.hello ?? {};
    const link = listen === undefined ? undefined : this.#links.get(listen);
    // Whoever names another address than its own could make this node dial others.
    if (link?.peer.host === connection.host) link.wake();
  }

  /** Ends every link at once. */
  stop(): void {
    for (const link of this) link.stop();
  }
}
