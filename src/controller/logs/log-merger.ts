import TinyQueue from 'tinyqueue';

/** An item that {@link LogMerger} can order. */
export interface TimedItem {
  /** Ordered as text. */
  time: string;
}

interface QueuedItem<T> {
  item: T;
  /** The item's time, or that of the item before it from the same source, if that is later. */
  key: string;
  /** Time of its push, milliseconds by the caller's clock. */
  arrivalMs: number;
}

interface MergeSource<T> {
  id: string;
  queue: QueuedItem<T>[];
  /** Index of the first item that was not taken. */
  headIndex: number;
  lastKey: string;
  ended: boolean;
}

/** Taken items that a source keeps before it drops them at once: dropping each one would be quadratic. */
const MAX_TAKEN_KEPT = 1_024;

/**
 * Merges ordered sources into one ordered stream. The earliest item leaves once no earlier one can arrive, which is when every
 * other open source has an item waiting, or after `windowMs`, so that an idle source does not hold up the others. So a backlog
 * leaves in perfect order, and a live log at most a window late. Nothing is dropped, and the items of one source keep their
 * order. The caller passes the time in.
 */
export class LogMerger<T extends TimedItem> {
  readonly #windowMs: number;
  readonly #sources = new Map<string, MergeSource<T>>();
  /** Sources with an item waiting, the one with the earliest first. */
  readonly #waiting = new TinyQueue<MergeSource<T>>([], compareSources);
  #queuedCount = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Number of items that were pushed and not taken. */
  get queuedCount(): number {
    return this.#queuedCount;
  }

  /** Opens a source, also again while its last items wait. */
  open(id: string): void {
    const source = this.#sources.get(id);
    if (source) source.ended = false;
    else this.#sources.set(id, { id, queue: [], headIndex: 0, lastKey: '', ended: false });
  }

  push(id: string, items: readonly T[], now: number): void {
    const source = this.#sources.get(id);
    if (!source) throw new Error(`no source "${id}" is open`);
    const wasEmpty = source.headIndex === source.queue.length;
    for (const item of items) {
      if (item.time > source.lastKey) source.lastKey = item.time;
      source.queue.push({ item, key: source.lastKey, arrivalMs: now });
    }
    this.#queuedCount += items.length;
    if (wasEmpty && items.length > 0) this.#waiting.push(source);
  }

  /** Ends a source: no more items are pushed to it. */
  end(id: string): void {
    const source = this.#sources.get(id);
    if (!source) return;
    source.ended = true;
    if (source.headIndex === source.queue.length) this.#sources.delete(id);
  }

  /** Returns the number of items of a source that wait. */
  queuedCountOf(id: string): number {
    const source = this.#sources.get(id);
    return source ? source.queue.length - source.headIndex : 0;
  }

  /** Takes the items that can leave by `now`, in order. */
  take(now: number): T[] {
    const taken: T[] = [];
    for (let source = this.#waiting.peek(); source; source = this.#waiting.peek()) {
      const first = headOf(source);
      const emptySources = this.#sources.size - this.#waiting.length;
      if (emptySources > 0 && first.arrivalMs + this.#windowMs > now) break;
      taken.push(first.item);
      this.#removeHead(source);
    }
    return taken;
  }

  /** Time from which `take` returns an item even if nothing is pushed; undefined when no item waits. */
  get nextDueTime(): number | undefined {
    const source = this.#waiting.peek();
    return source && headOf(source).arrivalMs + this.#windowMs;
  }

  #removeHead(source: MergeSource<T>): void {
    this.#waiting.pop();
    source.headIndex++;
    this.#queuedCount--;
    if (source.headIndex < source.queue.length) {
      if (source.headIndex >= MAX_TAKEN_KEPT) {
        source.queue.splice(0, source.headIndex);
        source.headIndex = 0;
      }
      this.#waiting.push(source);
    } else {
      source.queue = [];
      source.headIndex = 0;
      if (source.ended) this.#sources.delete(source.id);
    }
  }
}

function headOf<T>(source: MergeSource<T>): QueuedItem<T> {
  return source.queue[source.headIndex] as QueuedItem<T>;
}

function compareSources<T>(a: MergeSource<T>, b: MergeSource<T>): number {
  const [left, right] = [headOf(a).key, headOf(b).key];
  if (left !== right) return left < right ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
