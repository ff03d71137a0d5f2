/** Who is to be asked for an id now, as it did not come in time; nobody when all that announced it have been asked. */
export interface RetryRequest<T> {
  readonly id: string;
  readonly targets: readonly T[];
}

interface PendingRequest<T> {
  /** Until when those that were asked have time. */
  readonly dueAt: number;
  readonly asked: Set<T>;
  /** Those that announced it as well. */
  readonly candidates: Set<T>;
}

/**
 * The ids that were asked for and have not come, and who announced them. One is asked first. If it does not deliver in
 * time, as many more are asked as have been before: so a crowd that announces and never delivers delays news by the
 * logarithm of its size, and a slow network is not flooded with copies.
 */
export class PendingRequests<T> {
  readonly #maxAnnouncements: number;
  readonly #timeoutMs: number;
  /** In the order they are due. */
  readonly #entries = new Map<string, PendingRequest<T>>();
  #announcementCount = 0;

  /** `most`: announcements remembered; `timeout`: milliseconds to deliver. */
  constructor(most: number, timeout: number) {
    this.#maxAnnouncements = most;
    this.#timeoutMs = timeout;
  }

  /** Announcements remembered. */
  get announcementCount(): number {
    return this.#announcementCount;
  }

  /** When the next id is overdue; Infinity when none is waited for. */
  get nextDueAt(): number {
    for (const { dueAt: due } of this.#entries.values()) return due;
    return Number.POSITIVE_INFINITY;
  }

  /** `by` announces an id; returns whether to ask it, as nobody has been. */
  addAnnouncement(id: string, by: T, now: number): boolean {
    const entry = this.#entries.get(id);
    if (entry?.asked.has(by) || entry?.candidates.has(by)) return false;
    if (entry === undefined) this.#set(id, new Set([by]), new Set(), now);
    else entry.candidates.add(by);
    this.#announcementCount++;
    // What is forgotten may come all the same: only nobody else would be asked for it.
    for (const oldest of this.#entries.keys()) {
      if (this.#announcementCount <= this.#maxAnnouncements) break;
      this.delete(oldest);
    }
    return entry === undefined;
  }

  /** An id is waited for no longer. */
  delete(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#announcementCount -= entry.asked.size + entry.candidates.size;
    this.#entries.delete(id);
  }

  /** Who is to be asked for what is overdue by now. */
  takeOverdue(now: number): RetryRequest<T>[] {
    const inquiries: RetryRequest<T>[] = [];
    for (const [id, entry] of this.#entries) {
      if (entry.dueAt > now) break;
      inquiries.push(this.#retry(id, entry, now));
    }
    return inquiries;
  }

  /** `by` is gone; returns who is to be asked for what only it had been asked for. */
  removePeer(by: T, now: number): RetryRequest<T>[] {
    const inquiries: RetryRequest<T>[] = [];
    for (const [id, entry] of [...this.#entries]) {
      if (entry.candidates.delete(by)) this.#announcementCount--;
      if (!entry.asked.delete(by)) continue;
      this.#announcementCount--;
      if (entry.asked.size === 0) inquiries.push(this.#retry(id, entry, now));
    }
    return inquiries;
  }

  #retry(id: string, { asked, candidates: others }: PendingRequest<T>, now: number): RetryRequest<T> {
    const ask = [...others].slice(0, Math.max(1, asked.size));
    if (ask.length === 0) {
      this.delete(id);
    } else {
      for (const one of ask) {
        others.delete(one);
        asked.add(one);
      }
      this.#set(id, asked, others, now);
    }
    return { id, targets: ask };
  }

  #set(id: string, asked: Set<T>, others: Set<T>, now: number): void {
    this.#entries.delete(id);
    this.#entries.set(id, { dueAt: now + this.#timeoutMs, asked, candidates: others });
  }
}
