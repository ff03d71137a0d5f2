import type { LogEntry } from '../../network/log-entry.ts';

/** Entries that are kept: enough to look back over the time that injecting a fault takes. */
const MAX_BUFFERED_ENTRIES = 5_000;

/** The latest entries of the merged log, and its subscribers. */
export class LogBuffer {
  #entries: LogEntry[] = [];
  readonly #subscribers = new Set<(entry: LogEntry) => void>();

  push(entries: readonly LogEntry[]): void {
    this.#entries.push(...entries);
    // Cut in bulk: cutting one entry at a time would move all the others each time.
    if (this.#entries.length > 2 * MAX_BUFFERED_ENTRIES) this.#entries = this.#entries.slice(-MAX_BUFFERED_ENTRIES);
    for (const entry of entries) for (const subscriber of this.#subscribers) subscriber(entry);
  }

  /**
   * Passes on each entry from a moment on, also those that are here already.
   * @param since milliseconds since the epoch
   * @returns ends the subscription
   */
  subscribe(since: number, subscriber: (entry: LogEntry) => void): () => void {
    // Date.parse drops the microseconds: an entry of the very millisecond counts.
    const from = Math.floor(since);
    const filtered = (entry: LogEntry) => {
      if (Date.parse(entry.time) >= from) subscriber(entry);
    };
    for (const entry of this.#entries) filtered(entry);
    this.#subscribers.add(filtered);
    return () => this.#subscribers.delete(filtered);
  }

  last(count: number): LogEntry[] {
    return this.#entries.slice(-count);
  }
}
