import type { LogLine } from './actions.ts';

/** Lines that are kept: enough to look back over the time it takes to inject a fault. */
const KEPT = 5_000;

/** The end of the merged log, and those who read along. */
export class Journal {
  #lines: LogLine[] = [];
  readonly #readers = new Set<(line: LogLine) => void>();

  push(lines: readonly LogLine[]): void {
    this.#lines.push(...lines);
    // Cut in bulk, or each line would move all the others.
    if (this.#lines.length > 2 * KEPT) this.#lines = this.#lines.slice(-KEPT);
    for (const line of lines) for (const reader of this.#readers) reader(line);
  }

  /**
   * Reads along, with the lines of a moment that are here already.
   * @param since milliseconds since the epoch
   * @returns call it to stop
   */
  read(since: number, reader: (line: LogLine) => void): () => void {
    for (const line of this.#lines) if (Date.parse(line.time) >= since) reader(line);
    const from = (line: LogLine) => {
      if (Date.parse(line.time) >= since) reader(line);
    };
    this.#readers.add(from);
    return () => this.#readers.delete(from);
  }

  last(count: number): LogLine[] {
    return this.#lines.slice(-count);
  }
}
