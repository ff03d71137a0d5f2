import { randomBytes } from 'node:crypto';
import { applyEvent, EMPTY_SNAPSHOT } from '../../recording/apply-event.ts';
import type { RecordingEvent, Snapshot } from '../../recording/recording-event.ts';
import type { LayoutComputed, PageMessage } from '../page/page-message.ts';
import { LayoutSender } from './layout-sender.ts';

/** Events that are kept for pages that are opened later, bytes of JSON. Before them is the state that they begin from. */
const MAX_HISTORY_BYTES = 24 * 1024 * 1024;

/** Messages that belong together, as they are sent. */
export interface Batch {
  /** Tells where a page is that asks for the rest. */
  id: string;
  /** A list of messages, as JSON. */
  json: string;
}

/** The messages that a page needs to show a network from its start, or from as far back as they are kept. */
export class EventHistory {
  /** Differs from one server to the next: what another one sent is not continued. */
  readonly #series = randomBytes(4).toString('hex');
  readonly #maxBytes: number;
  readonly #batches: { number: number; json: string }[] = [];
  readonly #listeners = new Set<(batch: Batch) => void>();
  #bytes = 0;
  #nextNumber = 1;
  /** State before the first batch that is kept. */
  #base: Snapshot = EMPTY_SNAPSHOT;
  #baseLayout: LayoutComputed | undefined;
  readonly #layouts = new LayoutSender();

  constructor(maxBytes = MAX_HISTORY_BYTES) {
    this.#maxBytes = maxBytes;
  }

  add(events: readonly RecordingEvent[]): void {
    if (events.length === 0) return;
    const json = JSON.stringify(events.flatMap((event) => this.#layouts.withLayout(event)));
    const number = this.#nextNumber++;
    this.#batches.push({ number, json });
    this.#bytes += json.length;
    while (this.#bytes > this.#maxBytes && this.#batches.length > 1) this.#dropFirst();
    for (const listener of this.#listeners) listener({ id: this.#idOf(number), json });
  }

  /**
   * Returns what a page has to get.
   * @param lastId of the last batch that it has. @default none
   * @returns undefined when what it has cannot be continued: it has to start again
   */
  since(lastId?: string): Batch[] | undefined {
    const all = this.#batches.map(({ number, json }) => ({ id: this.#idOf(number), json }));
    if (lastId === undefined) return [...this.#baseBatch(), ...all];
    const first = this.#batches[0]?.number ?? this.#nextNumber;
    const [series, number] = lastId.split('-');
    if (series !== this.#series || Number(number) < first - 1) return undefined;
    return all.slice(Number(number) - first + 1);
  }

  /** Calls a listener with every batch from now on. @returns ends it */
  subscribe(listener: (batch: Batch) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #dropFirst(): void {
    const { json } = this.#batches.shift()!;
    this.#bytes -= json.length;
    for (const message of JSON.parse(json) as PageMessage[]) {
      if (message.type === 'layout') this.#baseLayout = message;
      else this.#base = applyEvent(this.#base, message);
    }
  }

  #baseBatch(): Batch[] {
    const first = this.#batches[0]?.number ?? 1;
    if (this.#base === EMPTY_SNAPSHOT) return [];
    const messages: PageMessage[] = [
      ...(this.#baseLayout ? [this.#baseLayout] : []),
      { type: 'snapshot', time: this.#base.time, snapshot: this.#base },
    ];
    return [{ id: this.#idOf(first - 1), json: JSON.stringify(messages) }];
  }

  #idOf(number: number): string {
    return `${this.#series}-${number}`;
  }
}
