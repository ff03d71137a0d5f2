/** What a {@link Merger} orders by. */
export interface Timed {
  /** Compares as text. */
  time: string;
}

interface Waiting<T> {
  item: T;
  /** The item's time, but never before that of the item before it from the same source. */
  key: string;
  /** When it came, milliseconds by the caller's clock. */
  arrival: number;
}

interface Source<T> {
  id: string;
  items: Waiting<T>[];
  /** Index of the first item not taken. */
  head: number;
  lastKey: string;
  ended: boolean;
}

/**
 * Merges streams that are each in order into one that is in order. The earliest item leaves once nothing earlier can come:
 * when every other open source has one waiting — or when it has waited `window` milliseconds, since an idle source must not
 * hold up the others. So a backlog comes out in perfect order, and a live tail at most a window late. Nothing is ever
 * dropped, and items of one source never change places. Time is passed in: the class itself is pure.
 */
export class Merger<T extends Timed> {
  readonly #window: number;
  readonly #sources = new Map<string, Source<T>>();
  /** Sources with an item waiting: a binary heap, the earliest first. */
  readonly #heap: Source<T>[] = [];
  #waiting = 0;

  constructor(window: number) {
    this.#window = window;
  }

  /** Items that were pushed and not taken. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Opens a source, or one anew whose last items are still waiting. */
  open(id: string): void {
    const leaving = this.#sources.get(id);
    if (leaving) leaving.ended = false;
    else this.#sources.set(id, { id, items: [], head: 0, lastKey: '', ended: false });
  }

  push(id: string, items: readonly T[], now: number): void {
    const source = this.#sources.get(id);
    if (!source) throw new Error(`no source "${id}" is open`);
    const idle = source.head === source.items.length;
    for (const item of items) {
      if (item.time > source.lastKey) source.lastKey = item.time;
      source.items.push({ item, key: source.lastKey, arrival: now });
    }
    this.#waiting += items.length;
    if (idle && items.length > 0) this.#enter(source);
  }

  /** Nothing more will come from a source. */
  end(id: string): void {
    const source = this.#sources.get(id);
    if (!source) return;
    source.ended = true;
    if (source.head === source.items.length) this.#sources.delete(id);
  }

  /** How many items of a source are waiting. */
  backlog(id: string): number {
    const source = this.#sources.get(id);
    return source ? source.items.length - source.head : 0;
  }

  /** The items that can leave by now, in order. */
  take(now: number): T[] {
    const taken: T[] = [];
    for (let source = this.#heap[0]; source; source = this.#heap[0]) {
      const first = source.items[source.head] as Waiting<T>;
      const silent = this.#sources.size - this.#heap.length;
      if (silent > 0 && first.arrival + this.#window > now) break;
      taken.push(first.item);
      this.#advance(source);
    }
    return taken;
  }

  /** When `take` will next have something, if nothing is pushed until then; undefined when nothing is waiting. */
  get due(): number | undefined {
    const source = this.#heap[0];
    return source && (source.items[source.head] as Waiting<T>).arrival + this.#window;
  }

  #advance(source: Source<T>): void {
    source.head++;
    this.#waiting--;
    if (source.head < source.items.length) {
      if (source.head >= 1024) {
        source.items.splice(0, source.head);
        source.head = 0;
      }
    } else {
      source.items = [];
      source.head = 0;
      this.#heap[0] = this.#heap[this.#heap.length - 1] as Source<T>;
      this.#heap.pop();
      if (source.ended) this.#sources.delete(source.id);
    }
    this.#sink();
  }

  #enter(source: Source<T>): void {
    const heap = this.#heap;
    let at = heap.push(source) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) break;
      [heap[at], heap[parent]] = [heap[parent] as Source<T>, heap[at] as Source<T>];
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && this.#before(child, least)) least = child;
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least] as Source<T>, heap[at] as Source<T>];
      at = least;
    }
  }

  #before(a: number, b: number): boolean {
    const [left, right] = [this.#heap[a] as Source<T>, this.#heap[b] as Source<T>];
    const [one, other] = [left.items[left.head]?.key as string, right.items[right.head]?.key as string];
    return one < other || (one === other && left.id < right.id);
  }
}
