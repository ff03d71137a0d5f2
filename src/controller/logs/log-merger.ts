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

/**
 * Merges ordered sources into one ordered stream. The earliest item leaves once no earlier one can arrive, which is when every
 * other open source has an item waiting, or after `windowMs`, so that an idle source does not hold up the others. So a backlog
 * leaves in perfect order, and a live log at most a window late. Nothing is dropped, and the items of one source keep their
 * order. The caller passes the time in.
 */
export class LogMerger<T extends TimedItem> {
  readonly #windowMs: number;
  readonly #sources = new Map<string, MergeSource<T>>();
  /** Binary heap of the sources with an item waiting, the earliest first. Not a library's: the first source's key changes in place. */
  readonly #heap: MergeSource<T>[] = [];
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
    if (wasEmpty && items.length > 0) this.#pushHeap(source);
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
    for (let source = this.#heap[0]; source; source = this.#heap[0]) {
      const first = source.queue[source.headIndex] as QueuedItem<T>;
      const emptySources = this.#sources.size - this.#heap.length;
      if (emptySources > 0 && first.arrivalMs + this.#windowMs > now) break;
      taken.push(first.item);
      this.#removeHead(source);
    }
    return taken;
  }

  /** Time from which `take` returns an item even if nothing is pushed; undefined when no item waits. */
  get nextDueTime(): number | undefined {
    const source = this.#heap[0];
    return source && (source.queue[source.headIndex] as QueuedItem<T>).arrivalMs + this.#windowMs;
  }

  #removeHead(source: MergeSource<T>): void {
    source.headIndex++;
    this.#queuedCount--;
    if (source.headIndex < source.queue.length) {
      if (source.headIndex >= 1024) {
        source.queue.splice(0, source.headIndex);
        source.headIndex = 0;
      }
    } else {
      source.queue = [];
      source.headIndex = 0;
      this.#heap[0] = this.#heap[this.#heap.length - 1] as MergeSource<T>;
      this.#heap.pop();
      if (source.ended) this.#sources.delete(source.id);
    }
    this.#siftDown();
  }

  #pushHeap(source: MergeSource<T>): void {
    const heap = this.#heap;
    let at = heap.push(source) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) break;
      [heap[at], heap[parent]] = [heap[parent] as MergeSource<T>, heap[at] as MergeSource<T>];
      at = parent;
    }
  }

  #siftDown(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && this.#isBefore(child, least)) least = child;
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least] as MergeSource<T>, heap[at] as MergeSource<T>];
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [left, right] = [this.#heap[a] as MergeSource<T>, this.#heap[b] as MergeSource<T>];
    const [one, other] = [left.queue[left.headIndex]?.key as string, right.queue[right.headIndex]?.key as string];
    return one < other || (one === other && left.id < right.id);
  }
}
