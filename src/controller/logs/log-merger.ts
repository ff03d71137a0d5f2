import TinyQueue from 'tinyqueue';

/** An item that {@link LogMerger} can order. */
export interface TimedItem {
  /** Raised to that of the item before it from the same source, if that is later. */
  timeMs: number;
  /** The time as text, which tells items apart that are closer than `timeMs` can. */
  time: string;
}

interface MergeSource<T> {
  id: string;
  queue: T[];
  /** Index of the first item that was not taken. */
  headIndex: number;
  /** No item with an earlier time will be pushed. */
  completeUntilMs: number;
  isEnded: boolean;
}

/** Taken items that a source keeps before it drops them at once: dropping each one would be quadratic. */
const MAX_TAKEN_KEPT = 1_024;

/**
 * Merges ordered sources into one ordered stream. The earliest item leaves once no earlier one can arrive: when every other open
 * source has an item waiting, or is known to have none before. Nothing is dropped, and the items of one source keep their order.
 * It knows no clock: the caller says how far sources have come.
 */
export class LogMerger<T extends TimedItem> {
  readonly #sources = new Map<string, MergeSource<T>>();
  /** Sources with an item waiting, the one with the earliest first. */
  readonly #waiting = new TinyQueue<MergeSource<T>>([], compareSources);
  #queuedCount = 0;

  /** Number of items that were pushed and not taken. */
  get queuedCount(): number {
    return this.#queuedCount;
  }

  /** Opens a source, also again while its last items wait. */
  open(id: string): void {
    const source = this.#sources.get(id);
    if (source) source.isEnded = false;
    else
      this.#sources.set(id, {
        id,
        queue: [],
        headIndex: 0,
        completeUntilMs: Number.NEGATIVE_INFINITY,
        isEnded: false,
      });
  }

  push(id: string, items: readonly T[]): void {
    const source = this.#source(id);
    const wasEmpty = isEmpty(source);
    for (const item of items) {
      if (item.timeMs < source.completeUntilMs) item.timeMs = source.completeUntilMs;
      else source.completeUntilMs = item.timeMs;
      source.queue.push(item);
    }
    this.#queuedCount += items.length;
    if (wasEmpty && items.length > 0) this.#waiting.push(source);
  }

  /** Says that all items of a source that are earlier than `timeMs` were pushed. */
  completeUntil(id: string, timeMs: number): void {
    const source = this.#source(id);
    source.completeUntilMs = Math.max(source.completeUntilMs, timeMs);
  }

  /** Ends a source: no more items are pushed to it. */
  end(id: string): void {
    const source = this.#sources.get(id);
    if (!source) return;
    source.isEnded = true;
    if (isEmpty(source)) this.#sources.delete(id);
  }

  /**
   * Takes the items that can leave, in order, `maxItems` at most.
   * @param completeUntilMs all items of any source that are earlier were pushed
   */
  take(completeUntilMs: number, maxItems = Number.POSITIVE_INFINITY): T[] {
    const taken: T[] = [];
    let limitMs = Number.POSITIVE_INFINITY;
    for (const source of this.#sources.values()) {
      if (isEmpty(source)) limitMs = Math.min(limitMs, Math.max(source.completeUntilMs, completeUntilMs));
    }
    for (let source = this.#waiting.peek(); source && taken.length < maxItems; source = this.#waiting.peek()) {
      if (headOf(source).timeMs > limitMs) break;
      this.#waiting.pop();
      const next = this.#waiting.peek();
      do taken.push(takeHead(source));
      while (
        !isEmpty(source) &&
        taken.length < maxItems &&
        headOf(source).timeMs <= limitMs &&
        (next === undefined || compareSources(source, next) < 0)
      );
      if (!isEmpty(source)) this.#waiting.push(source);
      else if (source.isEnded) this.#sources.delete(source.id);
      else limitMs = Math.min(limitMs, Math.max(source.completeUntilMs, completeUntilMs));
    }
    this.#queuedCount -= taken.length;
    return taken;
  }

  /** Time of the earliest item that waits. */
  get headTimeMs(): number | undefined {
    const source = this.#waiting.peek();
    return source && headOf(source).timeMs;
  }

  /** Lists the sources that hold the earliest item up. */
  get blockingSources(): string[] {
    const timeMs = this.headTimeMs;
    if (timeMs === undefined) return [];
    return [...this.#sources.values()]
      .filter((source) => isEmpty(source) && source.completeUntilMs < timeMs)
      .map(({ id }) => id);
  }

  #source(id: string): MergeSource<T> {
    const source = this.#sources.get(id);
    if (!source) throw new Error(`no source "${id}" is open`);
    return source;
  }
}

function takeHead<T>(source: MergeSource<T>): T {
  const item = headOf(source);
  source.headIndex++;
  if (isEmpty(source)) {
    source.queue = [];
    source.headIndex = 0;
  } else if (source.headIndex >= MAX_TAKEN_KEPT) {
    source.queue.splice(0, source.headIndex);
    source.headIndex = 0;
  }
  return item;
}

function isEmpty<T>({ queue, headIndex }: MergeSource<T>): boolean {
  return headIndex === queue.length;
}

function headOf<T>(source: MergeSource<T>): T {
  return source.queue[source.headIndex] as T;
}

function compareSources<T extends TimedItem>(a: MergeSource<T>, b: MergeSource<T>): number {
  const [first, second] = [headOf(a), headOf(b)];
  if (first.timeMs !== second.timeMs) return first.timeMs - second.timeMs;
  if (first.time !== second.time) return first.time < second.time ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
