/** The peers to ask for an id now, as it did not arrive; none when all that announced it have been asked. */
export interface RetryRequest<T> {
  readonly id: string;
  readonly targets: readonly T[];
}

interface PendingRequest<T> {
  /** Time by which the peers that were asked must have delivered. */
  readonly dueAt: number;
  readonly asked: Set<T>;
  /** Peers that announced it and have not been asked. */
  readonly candidates: Set<T>;
}

/**
 * The ids that were requested and have not arrived, and the peers that announced them. One peer is asked first. If it
 * does not deliver in time, as many more are asked as have been before: peers that announce and never deliver delay
 * gossip by the logarithm of their number only, and a slow network is not flooded with copies.
 */
export class PendingRequests<T> {
  readonly #maxAnnouncements: number;
  readonly #timeoutMs: number;
  /** Soonest due first. */
  readonly #entries = new Map<string, PendingRequest<T>>();
  #announcementCount = 0;

  constructor(maxAnnouncements: number, timeoutMs: number) {
    this.#maxAnnouncements = maxAnnouncements;
    this.#timeoutMs = timeoutMs;
  }

  get announcementCount(): number {
    return this.#announcementCount;
  }

  /** Time at which the next request is overdue; Infinity when there is none. */
  get nextDueAt(): number {
    for (const { dueAt } of this.#entries.values()) return dueAt;
    return Number.POSITIVE_INFINITY;
  }

  /** Records that `peer` announced an id; returns whether to ask it, as no peer has been asked. */
  addAnnouncement(id: string, peer: T, now: number): boolean {
    const entry = this.#entries.get(id);
    if (entry?.asked.has(peer) || entry?.candidates.has(peer)) return false;
    if (entry === undefined) this.#set(id, new Set([peer]), new Set(), now);
    else entry.candidates.add(peer);
    this.#announcementCount++;
    // A forgotten id may still arrive; only no other peer would be asked for it.
    for (const oldest of this.#entries.keys()) {
      if (this.#announcementCount <= this.#maxAnnouncements) break;
      this.delete(oldest);
    }
    return entry === undefined;
  }

  /** Forgets an id: it arrived, or it is too old. */
  delete(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#announcementCount -= entry.asked.size + entry.candidates.size;
    this.#entries.delete(id);
  }

  /** Returns the requests to send for what is overdue. */
  takeOverdue(now: number): RetryRequest<T>[] {
    const retries: RetryRequest<T>[] = [];
    for (const [id, entry] of this.#entries) {
      if (entry.dueAt > now) break;
      retries.push(this.#retry(id, entry, now));
    }
    return retries;
  }

  /** Forgets a peer; returns the requests to send for what it alone was asked for. */
  removePeer(peer: T, now: number): RetryRequest<T>[] {
    const retries: RetryRequest<T>[] = [];
    for (const [id, entry] of [...this.#entries]) {
      if (entry.candidates.delete(peer)) this.#announcementCount--;
      if (!entry.asked.delete(peer)) continue;
      this.#announcementCount--;
      if (entry.asked.size === 0) retries.push(this.#retry(id, entry, now));
    }
    return retries;
  }

  #retry(id: string, { asked, candidates }: PendingRequest<T>, now: number): RetryRequest<T> {
    const targets = [...candidates].slice(0, Math.max(1, asked.size));
    for (const target of targets) {
      candidates.delete(target);
      asked.add(target);
    }
    if (targets.length === 0) this.delete(id);
    else this.#set(id, asked, candidates, now);
    return { id, targets };
  }

  /** Puts an entry at the end: it is due last. */
  #set(id: string, asked: Set<T>, candidates: Set<T>, now: number): void {
    this.#entries.delete(id);
    this.#entries.set(id, { dueAt: now + this.#timeoutMs, asked, candidates });
  }
}
