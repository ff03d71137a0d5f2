import { concernsNodes, type LogEntry, logGapEntry } from '../network/log-entry.ts';
import type { ReadLogOptions } from '../network/running-network.ts';

/** Entries that are dropped together. The last full chunk and the one being filled are kept: that limits the memory of the log. */
const CHUNK_ENTRIES = 100_000;
const MAX_CHUNKS = 2;

/** A chunk that was dropped: what its readers have to know. */
interface DroppedChunk {
  /** Number of entries by the node that wrote them. */
  counts: Map<string, number>;
  earliest: string;
  latest: string;
}

/** The merged log of nodes that this process runs, for any number of readers. */
export class MergedLog {
  /** Oldest first; the last one is being filled. */
  readonly #chunks: LogEntry[][] = [[]];
  /** All chunks before those. */
  readonly #dropped: DroppedChunk[] = [];
  #closed = false;
  readonly #waiters = new Set<() => void>();

  /** The entries that are kept, oldest first, after one for those that were dropped. */
  get entries(): readonly LogEntry[] {
    return [...gapEntries(this.#dropped), ...this.#chunks.flat()];
  }

  add(entry: LogEntry): void {
    const filled = this.#chunks.at(-1) as LogEntry[];
    filled.push(entry);
    if (filled.length === CHUNK_ENTRIES) this.#chunks.push([]);
    if (this.#chunks.length > MAX_CHUNKS) this.#dropped.push(summarize(this.#chunks.shift() as LogEntry[]));
    this.#wake();
  }

  /** Ends the log: readers end once they have read it. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /**
   * Reads the log; nothing that is added from now on is missed, however late the first batch is asked for. Entries that were
   * dropped before they could be read are replaced by one entry `log_gap` with their number; not for a reader of the last ones.
   */
  read(options: ReadLogOptions): AsyncGenerator<LogEntry[]> {
    const chunk = this.#chunks.at(-1) as LogEntry[];
    const place = { index: this.#lastIndex, chunk, offset: chunk.length };
    return this.#read(options, this.#chunks.flat(), this.#dropped.length, place);
  }

  /** Number of the chunk that is being filled, since the log began. */
  get #lastIndex(): number {
    return this.#dropped.length + this.#chunks.length - 1;
  }

  /**
   * @param kept entries that there were at first
   * @param dropped number of chunks that were dropped before those
   * @param place of the first entry that is still to come. A reader keeps its chunk until it has read it.
   */
  async *#read(
    { follow, since, nodes, tail, signal }: ReadLogOptions,
    kept: readonly LogEntry[],
    dropped: number,
    { index, chunk, offset }: { index: number; chunk: LogEntry[]; offset: number },
  ): AsyncGenerator<LogEntry[]> {
    const chosen = nodes && new Set(nodes);
    // Without its `Z`, a time in milliseconds is before all that begin with it.
    const earliest = since === undefined ? '' : new Date(since).toISOString().slice(0, -1);
    const wanted = (entry: LogEntry) =>
      entry.time >= earliest && (chosen === undefined || concernsNodes(entry, chosen));
    const gapOf = (chunks: readonly DroppedChunk[]) => gapEntries(chunks, chosen, earliest);
    const past = kept.filter(wanted);
    const first =
      tail === undefined ? [...gapOf(this.#dropped.slice(0, dropped)), ...past] : lastEntriesPerNode(past, tail);
    if (first.length > 0) yield first;
    while (follow && signal?.aborted !== true) {
      const batch = chunk.slice(offset).filter(wanted);
      offset = chunk.length;
      const isChunkRead = index < this.#lastIndex;
      if (isChunkRead) {
        const next = Math.max(index + 1, this.#dropped.length);
        batch.push(...gapOf(this.#dropped.slice(index + 1, next)));
        [index, chunk, offset] = [next, this.#chunks[next - this.#dropped.length] as LogEntry[], 0];
      }
      if (batch.length > 0) yield batch;
      else if (isChunkRead) continue;
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

function summarize(chunk: readonly LogEntry[]): DroppedChunk {
  const counts = new Map<string, number>();
  let [earliest, latest] = [chunk[0]?.time ?? '', ''];
  for (const { node, time } of chunk) {
    counts.set(node, (counts.get(node) ?? 0) + 1);
    if (time < earliest) earliest = time;
    if (time > latest) latest = time;
  }
  return { counts, earliest, latest };
}

/**
 * Returns the entry that stands for dropped chunks; none where they have nothing of the chosen nodes, or end before `since`.
 * @param nodes @default all
 */
function gapEntries(chunks: readonly DroppedChunk[], nodes?: ReadonlySet<string>, since = ''): LogEntry[] {
  const missing = chunks.filter(({ latest }) => latest >= since);
  const counts = new Map<string, number>();
  for (const [node, count] of missing.flatMap((chunk) => [...chunk.counts])) {
    if (nodes === undefined || nodes.has(node)) counts.set(node, (counts.get(node) ?? 0) + count);
  }
  if (counts.size === 0) return [];
  const times = missing.flatMap(({ earliest, latest }) => [earliest, latest]).sort();
  const [first, last] = [times[0], times.at(-1)] as [string, string];
  const gap = {
    of: [...counts.keys()],
    lines: [...counts.values()].reduce((sum, count) => sum + count, 0),
    durationMs: Date.parse(last) - Date.parse(first),
    reason: 'devnet dropped these lines before they were read',
  };
  return [logGapEntry(first, gap)];
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
