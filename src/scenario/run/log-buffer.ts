import type { LogEntry } from '../model/scenario-driver.ts';

/** Lines that are kept: enough to look back over the time it takes to inject a fault. */
const MAX_BUFFERED_ENTRIES = 5_000;

/** The end of the merged log, and those who read along. */
export class LogBuffer {
  #entries: LogEntry[] = [];
  readonly #readers = new Set<(line: LogEntry) => void>();

  push(lines: readonly LogEntry[]): void {
    this.#entries.push(...lines);
    // Cut in bulk, or each line would move all the others.
    if (this.#entries.length > 2 * MAX_BUFFERED_ENTRIES) this.#entries = this.#entries.slice(-MAX_BUFFERED_ENTRIES);
    for (const line of lines) for (const reader of this.#readers) reader(line);
  }

  /**
   * Reads along, with the lines of a moment that are here already.
   * @param since milliseconds since the epoch
   * @returns call it to stop
   */
  subscribe(since: number, reader: (line: LogEntry) => void): () => void {
    for (const line of this.#entries) if (Date.parse(line.time) >= since) reader(line);
    const from = (line: LogEntry) => {
      if (Date.parse(line.time) >= since) reader(line);
    };
    this.#readers.add(from);
    return () => this.#readers.delete(from);
  }

  last(count: number): LogEntry[] {
    return this.#entries.slice(-count);
  }
}
