/** What a {@link LogMerger} orders by. */
export interface TimedItem {
  /** Compares as text. */
  time: string;
}

interface QueuedItem<T> {
  item: T;
  /** The item's time, but never before that of the item before it from the same source. */
  key: string;
  /** When it came, milliseconds by the caller's clock. */
  arrivalMs: number;
}

interface MergeSource<T> {
  id: string;
  queue: QueuedItem<T>[];
  /** Index of the first item not taken. */
  headIndex: number;
  lastKey: string;
  ended: boolean;
}

/**
 * Merges streams that are each in order into one that is in order. The earliest item leaves once nothing earlier can come:
 * when every other open source has one waiting — or when it has waited `window` milliseconds, since an idle source must not
 * hold up the others. So a backlog comes out in perfect order, and a live tail at most a window late. Nothing is ever
 * dropped, and items of one source never change places. Time is passed in: the class itself is pure.
 */
export class LogMerger<T extends TimedItem> {
  readonly #windowMs: number;
  readonly #sources = new Map<string, MergeSource<T>>();
  /** Sources with an item waiting: a binary heap, the earliest first. */
  readonly #heap: MergeSource<T>[] = [];
  #queuedCount = 0;

  constructor(window: number) {
    this.#windowMs = window;
  }

  /** Items that were pushed and not taken. */
  get queuedCount(): number {
    return this.#queuedCount;
  }

  /** Opens a source, or one anew whose last items are still waiting. */
  open(id: string): void {
    const leaving = this.#sources.get(id);
    if (leaving) leaving.ended = false;
    else this.#sources.set(id, { id, queue: [], headIndex: 0, lastKey: '', ended: false });
  }

  push(id: string, items: readonly T[], now: number): void {
    const source = this.#sources.get(id);
    if (!source) throw new Error(`no source "${id}" is open`);
    const idle = source.headIndex === source.queue.length;
    for (const item of items) {
      if (item.time > source.lastKey) source.lastKey = item.time;
      source.queue.push({ item, key: source.lastKey, arrivalMs: now });
    }
    this.#queuedCount += items.length;
    if (idle && items.length > 0) this.#pushHeap(source);
  }

  /** Nothing more will come from a source. */
  end(id: string): void {
    const source = this.#sources.get(id);
    if (!source) return;
    source.ended = true;
    if (source.headIndex === source.queue.length) this.#sources.delete(id);
  }

  /** How many items of a source are waiting. */
  queuedCountOf(id: string): number {
    const source = this.#sources.get(id);
    return source ? source.queue.length - source.headIndex : 0;
  }

  /** The items that can leave by now, in order. */
  take(now: number): T[] {
    const taken: T[] = [];
    for (let source = this.#heap[0]; source; source = this.#heap[0]) {
      const first = source.queue[source.headIndex] as QueuedItem<T>;
      const silent = this.#sources.size - this.#heap.length;
      if (silent > 0 && first.arrivalMs + this.#windowMs > now) break;
      taken.push(first.item);
      this.#removeHead(source);
    }
    return taken;
  }

  /** When `take` will next have something, if nothing is pushed until then; undefined when nothing is waiting. */
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
