import { randomBytes } from 'node:crypto';
import { applyEvent, EMPTY_SNAPSHOT } from '../../recording/apply-event.ts';
import type { Snapshot } from '../../recording/recording-event.ts';
import type { LayoutComputed, PageMessage } from '../page/page-message.ts';

/** Messages that are kept for pages that are opened later, bytes. Before them is the state that they begin from. */
const MAX_HISTORY_BYTES = 16 * 1024 * 1024;

/** The messages that a page needs to show a network from its start, or from as far back as they are kept. */
export class EventHistory {
  /** Differs from one server to the next: what another one sent is not continued. */
  readonly #series = randomBytes(4).toString('hex');
  readonly #maxBytes: number;
  /** Lists of messages as they are sent: server-sent events, whose id tells where a page is that asks for the rest. */
  readonly #frames: Buffer[] = [];
  readonly #listeners = new Set<() => void>();
  #bytes = 0;
  /** Number of the first frame that is kept. */
  #first = 1;
  /** State before that frame. */
  #base: Snapshot = EMPTY_SNAPSHOT;
  #baseLayout: LayoutComputed | undefined;

  constructor(maxBytes = MAX_HISTORY_BYTES) {
    this.#maxBytes = maxBytes;
  }

  add(messages: readonly PageMessage[]): void {
    if (messages.length === 0) return;
    const frame = this.#frame(this.#first + this.#frames.length, messages);
    this.#frames.push(frame);
    this.#bytes += frame.length;
    while (this.#bytes > this.#maxBytes && this.#frames.length > 1) this.#dropFirst();
    for (const listener of this.#listeners) listener();
  }

  /**
   * Begins to read what a page has to get.
   * @param lastId of the last event that it has. @default none
   * @returns undefined when what it has cannot be continued: it has to start again
   */
  read(lastId?: string): HistoryReader | undefined {
    if (lastId === undefined)
      return new HistoryReader(this, this.#base === EMPTY_SNAPSHOT ? this.#first : this.#first - 1);
    const [series, number] = lastId.split('-');
    const next = Number(number) + 1;
    return series === this.#series && next >= this.#first ? new HistoryReader(this, next) : undefined;
  }

  /** Returns a frame, or the state before the first; undefined for one that is to come, `dropped` for one that was. */
  frameAt(number: number): Buffer | 'dropped' | undefined {
    if (number === this.#first - 1) return this.#baseFrame(number);
    return number < this.#first ? 'dropped' : this.#frames[number - this.#first];
  }

  /** Calls a listener after everything that is added from now on. @returns ends it */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #frame(number: number, messages: readonly PageMessage[]): Buffer {
    return Buffer.from(`id: ${this.#series}-${number}\ndata: ${JSON.stringify(messages)}\n\n`);
  }

  #dropFirst(): void {
    const frame = this.#frames.shift() as Buffer;
    this.#first++;
    this.#bytes -= frame.length;
    for (const message of readFrame(frame)) {
      if (message.type === 'layout') this.#baseLayout = message;
      else this.#base = applyEvent(this.#base, message);
    }
  }

  #baseFrame(number: number): Buffer {
    return this.#frame(number, [
      ...(this.#baseLayout ? [this.#baseLayout] : []),
      { type: 'snapshot', time: this.#base.time, snapshot: this.#base },
    ]);
  }
}

/** Reads a history at the pace of one page. */
export class HistoryReader {
  readonly #history: EventHistory;
  #next: number;

  constructor(history: EventHistory, next: number) {
    this.#history = history;
    this.#next = next;
  }

  /** Returns the next frame; undefined while there is none, `dropped` when the page was too slow for what is kept. */
  next(): Buffer | 'dropped' | undefined {
    const frame = this.#history.frameAt(this.#next);
    if (frame !== undefined) this.#next++;
    return frame;
  }
}

/** Returns the messages in a frame. */
export function readFrame(frame: Buffer): PageMessage[] {
  const text = frame.toString();
  return JSON.parse(text.slice(text.indexOf('\ndata: ') + '\ndata: '.length)) as PageMessage[];
}
