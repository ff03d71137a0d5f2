import { concernsNodes, type LogEntry } from '../network/log-entry.ts';
import type { ReadLogOptions } from '../network/running-network.ts';

/** Limits the memory that the log takes from the test. */
const MAX_ENTRIES = 100_000;

/** The merged log of nodes that this process runs, for any number of readers. */
export class MergedLog {
  #entries: LogEntry[] = [];
  /** Number of entries that were dropped. */
  #dropped = 0;
  #closed = false;
  readonly #waiters = new Set<() => void>();

  /** The entries that are kept, oldest first. */
  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  add(entry: LogEntry): void {
    this.#entries.push(entry);
    // Dropped in bulk: dropping the first entry moves all the others.
    if (this.#entries.length >= 2 * MAX_ENTRIES) {
      this.#dropped += MAX_ENTRIES;
      this.#entries = this.#entries.slice(MAX_ENTRIES);
    }
    this.#wake();
  }

  /** Ends the log: readers end once they have read it. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Reads the log; nothing that is added from now on is missed, however late the first batch is asked for. */
  read(options: ReadLogOptions): AsyncGenerator<LogEntry[]> {
    return this.#read(options, this.#dropped + this.#entries.length);
  }

  /** @param end place of the first entry that is still to come */
  async *#read({ follow, since, nodes, tail, signal }: ReadLogOptions, end: number): AsyncGenerator<LogEntry[]> {
    const chosen = nodes && new Set(nodes);
    // Without its `Z`, a time in milliseconds is before all that begin with it.
    const earliest = since === undefined ? '' : new Date(since).toISOString().slice(0, -1);
    const wanted = (entry: LogEntry) =>
      entry.time >= earliest && (chosen === undefined || concernsNodes(entry, chosen));
    let next = end;
    const past = this.#entries.slice(0, Math.max(0, end - this.#dropped)).filter(wanted);
    const first = tail === undefined ? past : lastEntriesPerNode(past, tail);
    if (first.length > 0) yield first;
    while (follow && signal?.aborted !== true) {
      const from = Math.max(0, next - this.#dropped);
      const batch = this.#entries.slice(from).filter(wanted);
      next = this.#dropped + this.#entries.length;
      if (batch.length > 0) yield batch;
      else if (this.#closed) return;
      else await this.#nextEntry(signal);
    }
  }

  #nextEntry(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiters.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiters.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }
}

/** Returns the last `count` entries of each node, in order. */
function lastEntriesPerNode(entries: readonly LogEntry[], count: number): LogEntry[] {
  const left = new Map<string, number>();
  const last = entries.toReversed().filter(({ node }) => {
    const rest = left.get(node) ?? count;
    left.set(node, rest - 1);
    return rest > 0;
  });
  return last.reverse();
}
