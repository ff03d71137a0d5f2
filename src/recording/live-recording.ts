import type { LogEntry } from '../network/log-entry.ts';
import { endedFaults } from './actions/ended-faults.ts';
import { applyEvent, countEntries, EMPTY_SNAPSHOT } from './apply-event.ts';
import type { RecordingEvent, Snapshot } from './recording-event.ts';
import { FormattedLogEvent } from './recording-lines.ts';

/** An event that happened just now, or at a time that is known. */
export type NewEvent = RecordingEvent extends infer Event
  ? Event extends RecordingEvent
    ? Omit<Event, 'time'> & { time?: string }
    : never
  : never;

/** @param snapshot the state after the event */
export type EventListener = (event: RecordingEvent, snapshot: Snapshot) => void;

/** The events of a network as they happen, and its state now. What is written to a file and what a live page shows come from here. */
export class LiveRecording {
  readonly #now: () => string;
  readonly #listeners = new Set<EventListener>();
  #snapshot: Snapshot = EMPTY_SNAPSHOT;

  /** @param now returns the time by the nodes' clock, as the merged log has it */
  constructor(now: () => string) {
    this.#now = now;
  }

  /** State after the last event. */
  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /**
   * Adds an event. Its time is put between that of the event before and now: a node may write any time into its log, and the log
   * comes some milliseconds late. After the `end`, nothing is added. The end of the faults that an event shows to be over follows it.
   */
  write(event: NewEvent): void {
    if (this.#snapshot.ended !== undefined) return;
    const time = this.#timeOf(event.time);
    const { type, time: _time, ...rest } = event;
    // The first keys of a line are its type and its time, so that readers need not parse the rest.
    const stamped = { type, time, ...rest } as RecordingEvent;
    const ended = endedFaults(stamped, this.#snapshot);
    this.#publish(stamped, applyEvent(this.#snapshot, stamped));
    for (const name of ended) this.write({ type: 'heal', time, name });
  }

  /**
   * Adds entries of the merged log, as {@link write} does.
   * @param formatted each entry as JSON, as the log file has it
   */
  writeLog(entries: readonly LogEntry[], formatted: readonly string[]): void {
    const last = entries.at(-1);
    if (!last || this.#snapshot.ended !== undefined) return;
    const time = this.#timeOf(last.time);
    const event = new FormattedLogEvent(time, entries, formatted);
    this.#publish(event, { ...this.#snapshot, time, counts: countEntries(this.#snapshot.counts, entries) });
  }

  /** Calls a listener with every event from now on. @returns ends it */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #timeOf(known: string | undefined): string {
    const now = this.#now();
    const time = known === undefined || known > now ? now : known;
    return time > this.#snapshot.time ? time : this.#snapshot.time;
  }

  #publish(event: RecordingEvent, snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener(event, snapshot);
  }
}
