/** Who is to be asked for an id now, as it did not come in time; nobody when all that announced it have been asked. */
export interface Inquiry<T> {
  readonly id: string;
  readonly ask: readonly T[];
}

interface Entry<T> {
  /** Until when those that were asked have time. */
  readonly due: number;
  readonly asked: Set<T>;
  /** Those that announced it as well. */
  readonly others: Set<T>;
}

/**
 * The ids that were asked for and have not come, and who announced them. One is asked first. If it does not deliver in
 * time, as many more are asked as have been before: so a crowd that announces and never delivers delays news by the
 * logarithm of its size, and a slow network is not flooded with copies.
 */
export class Wanted<T> {
  readonly #most: number;
  readonly #timeout: number;
  /** In the order they are due. */
  readonly #entries = new Map<string, Entry<T>>();
  #size = 0;

  /** `most`: announcements remembered; `timeout`: milliseconds to deliver. */
  constructor(most: number, timeout: number) {
    this.#most = most;
    this.#timeout = timeout;
  }

  /** Announcements remembered. */
  get size(): number {
    return this.#size;
  }

  /** When the next id is overdue; Infinity when none is waited for. */
  get due(): number {
    for (const { due } of this.#entries.values()) return due;
    return Number.POSITIVE_INFINITY;
  }

  /** `by` announces an id; returns whether to ask it, as nobody has been. */
  announced(id: string, by: T, now: number): boolean {
    const entry = this.#entries.get(id);
    if (entry?.asked.has(by) || entry?.others.has(by)) return false;
    if (entry === undefined) this.#wait(id, new Set([by]), new Set(), now);
    else entry.others.add(by);
    this.#size++;
    // What is forgotten may come all the same: only nobody else would be asked for it.
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#most) break;
      this.came(oldest);
    }
    return entry === undefined;
  }

  /** An id is waited for no longer. */
  came(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#size -= entry.asked.size + entry.others.size;
    this.#entries.delete(id);
  }

  /** Who is to be asked for what is overdue by now. */
  overdue(now: number): Inquiry<T>[] {
    const inquiries: Inquiry<T>[] = [];
    for (const [id, entry] of this.#entries) {
      if (entry.due > now) break;
      inquiries.push(this.#next(id, entry, now));
    }
    return inquiries;
  }

  /** `by` is gone; returns who is to be asked for what only it had been asked for. */
  left(by: T, now: number): Inquiry<T>[] {
    const inquiries: Inquiry<T>[] = [];
    for (const [id, entry] of [...this.#entries]) {
      if (entry.others.delete(by)) this.#size--;
      if (!entry.asked.delete(by)) continue;
      this.#size--;
      if (entry.asked.size === 0) inquiries.push(this.#next(id, entry, now));
    }
    return inquiries;
  }

  #next(id: string, { asked, others }: Entry<T>, now: number): Inquiry<T> {
    const ask = [...others].slice(0, Math.max(1, asked.size));
    if (ask.length === 0) {
      this.came(id);
    } else {
      for (const one of ask) {
        others.delete(one);
        asked.add(one);
      }
      this.#wait(id, asked, others, now);
    }
    return { id, ask };
  }

  #wait(id: string, asked: Set<T>, others: Set<T>, now: number): void {
    this.#entries.delete(id);
    this.#entries.set(id, { due: now + this.#timeout, asked, others });
  }
}
