import type { Fault } from '../../../network/fault.ts';
import { applyEvent, EMPTY_SNAPSHOT } from '../../../recording/apply-event.ts';
import type { RecordedLogEntry, RecordingEvent, Snapshot, Verdict } from '../../../recording/recording-event.ts';
import type { PageLayout } from '../../page/page-layout.ts';
import type { PageMessage } from '../../page/page-message.ts';
import { GossipBook } from './gossip-book.ts';
import { Outages } from './outages.ts';
import { toMs } from './time.ts';
import { UsageRates } from './usage-rates.ts';

/** Work between two states that are kept, from which a state in between is computed: each event is this much, and more by what it changes. */
const WORK_PER_EVENT = 10;
const WORK_PER_CHECKPOINT = 5_000;
/** Log entries that are kept; a page that is open for a day forgets the first hours. */
const MAX_LOG_ENTRIES = 300_000;
/** A log that is recorded later than this has wrong times. */
const MAX_LOG_DELAY_MS = 600_000;
/** Part that is dropped when there are more. */
const DROPPED_SHARE = 0.25;

/** Part of a run, milliseconds since the epoch. */
export interface TimeRange {
  fromMs: number;
  toMs: number;
}

/** Fault from its injection to its heal. */
export interface FaultSpan {
  name: string;
  description: string;
  /** Nodes that it is on; none: it is on links, or another process injected it. */
  nodes: readonly string[];
  fromMs: number;
  /** Absent while it is in force. */
  toMs?: number;
}

/** Something at a moment, for the timeline. */
export interface Mark {
  kind: 'met' | 'missed' | 'step' | 'passed' | 'failed' | 'died' | 'gap';
  atMs: number;
  text: string;
}

/** All that the page has received of a run: any moment of it can be shown. Grows while the network runs. */
export class RecordedRun {
  readonly #maxLogEntries: number;
  /** Without the log, which has no part in the state that is shown. */
  readonly #events: RecordingEvent[] = [];
  readonly #times: number[] = [];
  /** States that are kept, and how many events are before each; ascending, the first is before all that are left. */
  readonly #states: Snapshot[] = [EMPTY_SNAPSHOT];
  readonly #starts: number[] = [0];
  /** Work since the last of them. */
  #work = 0;
  readonly #layouts: { atMs: number; layout: PageLayout }[] = [];
  #latest: Snapshot = EMPTY_SNAPSHOT;
  #cached: { index: number; state: Snapshot } = { index: 0, state: EMPTY_SNAPSHOT };

  /** Log entries in the order in which they were written down, and their times. */
  readonly log: RecordedLogEntry[] = [];
  readonly logTimes: number[] = [];
  readonly faults: FaultSpan[] = [];
  readonly marks: Mark[] = [];
  /** Names of the nodes by `host:port`. */
  readonly names = new Map<string, string>();
  readonly gossip = new GossipBook(this.names);
  readonly usage = new UsageRates();
  readonly outages = new Outages();
  /** Times of warnings and errors, and of receipts of gossip, ascending. */
  readonly problemTimes: number[] = [];
  readonly receiptTimes: number[] = [];
  /** Raised by every change. */
  version = 0;
  #range: TimeRange | undefined;

  /** @param maxLogEntries the oldest entries are dropped where there are more. @default 300,000 */
  constructor(maxLogEntries = MAX_LOG_ENTRIES) {
    this.#maxLogEntries = maxLogEntries;
  }

  get latest(): Snapshot {
    return this.#latest;
  }

  /** Milliseconds since the epoch of the first and the last event; undefined before the first. */
  get range(): TimeRange | undefined {
    return this.#range;
  }

  add(messages: readonly PageMessage[]): void {
    for (const message of messages) {
      if (message.type === 'layout') this.#layouts.push({ atMs: this.#times.at(-1) ?? 0, layout: message.layout });
      else this.#addEvent(message);
    }
    if (this.log.length > this.#maxLogEntries) this.#dropOldest();
    this.version++;
  }

  /** Returns the state at a moment. */
  stateAt(atMs: number): Snapshot {
    const count = upperBound(this.#times, atMs);
    if (count === this.#events.length) return this.#latest;
    const checkpoint = upperBound(this.#starts, count) - 1;
    const start = this.#starts[checkpoint]!;
    // Playing goes on from the moment before.
    let { index, state } = this.#cached;
    if (index > count || index < start) [index, state] = [start, this.#states[checkpoint]!];
    while (index < count) state = applyEvent(state, this.#events[index++]!);
    this.#cached = { index, state };
    return state;
  }

  /** Returns the layout of the topology at a moment. */
  layoutAt(atMs: number): PageLayout | undefined {
    const later = this.#layouts.findIndex((one, index) => index > 0 && one.atMs > atMs);
    return this.#layouts.at(later < 0 ? -1 : later - 1)?.layout;
  }

  /** Returns how many log entries there are up to a moment. */
  logCountAt(atMs: number): number {
    return upperBound(this.logTimes, atMs);
  }

  /** Time of the first thing that went wrong: a missed expectation, or else a failed run. */
  get firstFailureMs(): number | undefined {
    const failure =
      this.marks.find(({ kind }) => kind === 'missed') ?? this.marks.find(({ kind }) => kind === 'failed');
    return failure?.atMs;
  }

  #addEvent(event: RecordingEvent): void {
    const atMs = toMs(event.time);
    this.#range = {
      fromMs: Math.min(this.#range?.fromMs ?? atMs, atMs, startOf(event, atMs)),
      toMs: Math.max(this.#range?.toMs ?? atMs, atMs),
    };
    if (event.type === 'log') {
      for (const entry of event.entries) this.#addLogEntry(entry, atMs);
      return;
    }
    const before = this.#latest;
    this.#keepState(event);
    this.#events.push(event);
    this.#times.push(Math.max(atMs, this.#times.at(-1) ?? 0));
    this.#latest = applyEvent(before, event);
    this.#index(event, atMs, before);
  }

  #keepState(next: RecordingEvent): void {
    if (this.#work >= WORK_PER_CHECKPOINT) {
      this.#states.push(this.#latest);
      this.#starts.push(this.#events.length);
      this.#work = 0;
    }
    this.#work += WORK_PER_EVENT + countChanges(next);
  }

  #index(event: RecordingEvent, atMs: number, before: Snapshot): void {
    switch (event.type) {
      case 'topology':
        this.gossip.setNodes(event.topology.nodes.map(({ name }) => name));
        break;
      case 'nodes': {
        this.#nameAddresses(event.nodes);
        this.outages.add(event.nodes, atMs);
        const states = new Map(before.nodes.map(({ name, state }) => [name, state]));
        for (const { name, state } of event.nodes) {
          const ended = state === 'exited' || state === 'dead';
          if (ended && states.has(name) && states.get(name) !== state) {
            this.marks.push({ kind: 'died', atMs, text: `${name} ended` });
          }
        }
        break;
      }
      case 'fault': {
        // Who takes over a recording begins with the faults in force.
        if (this.faults.some(({ name, toMs }) => name === event.name && toMs === undefined)) break;
        const isOver = event.faults?.every(({ kind }) => kind === 'restart') ?? false;
        this.faults.push({
          name: event.name,
          description: event.description,
          nodes: nodesHitBy(event),
          fromMs: event.since === undefined ? atMs : toMs(event.since),
          ...(isOver ? { toMs: atMs } : {}),
        });
        break;
      }
      case 'heal': {
        const span = this.faults.findLast(({ name, toMs }) => name === event.name && toMs === undefined);
        if (span) span.toMs = atMs;
        break;
      }
      case 'samples':
        this.usage.add(event.samples, atMs);
        break;
      case 'snapshot':
        this.#adoptSnapshot(event.snapshot);
        break;
      case 'step':
        this.marks.push({
          kind: 'step',
          atMs,
          text: event.failure ? `${event.description}: ${event.failure}` : event.description,
        });
        break;
      case 'verdict':
        this.marks.push({ kind: event.met ? 'met' : 'missed', atMs, text: describeVerdict(event) });
        break;
      case 'scenario_ended':
        this.marks.push({
          kind: event.passed ? 'passed' : 'failed',
          atMs,
          text: event.failure ?? (event.passed ? 'the scenario passed' : 'the scenario failed'),
        });
        break;
      case 'gap':
        this.marks.push({ kind: 'gap', atMs, text: `nothing recorded since ${event.since}: ${event.reason}` });
        break;
    }
  }

  /** Takes over what began before the first event that is here. */
  #adoptSnapshot({ topology, nodes, faults }: Snapshot): void {
    if (topology) this.gossip.setNodes(topology.nodes.map(({ name }) => name));
    this.#nameAddresses(nodes);
    for (const { since, ...node } of nodes) this.outages.add([node], toMs(since));
    for (const { name, description, since, ...fault } of faults) {
      const isKnown = this.faults.some((span) => span.name === name && span.toMs === undefined);
      if (!isKnown) this.faults.push({ name, description, nodes: nodesHitBy(fault), fromMs: toMs(since) });
    }
  }

  #nameAddresses(nodes: readonly { name: string; address: string }[]): void {
    for (const { name, address } of nodes) if (address !== '') this.names.set(address, name);
  }

  #addLogEntry(entry: RecordedLogEntry, atMs: number): void {
    // Ascending: an entry may be a little older than the one before it.
    const time = Math.max(this.logTimes.at(-1) ?? 0, toMs(entry.time) || atMs);
    this.log.push(entry);
    this.logTimes.push(time);
    if (entry.level === 'error' || entry.level === 'warn') this.problemTimes.push(time);
    if (entry.event === 'gossip_received') {
      this.receiptTimes.push(time);
      this.gossip.add(entry, toMs(entry.time) || atMs);
    }
  }

  #dropOldest(): void {
    const entries = Math.floor(this.log.length * DROPPED_SHARE);
    const until = this.logTimes[entries]!;
    this.log.splice(0, entries);
    this.logTimes.splice(0, entries);
    const checkpoint = upperBound(this.#starts, upperBound(this.#times, until)) - 1;
    const dropped = this.#starts[checkpoint]!;
    this.#events.splice(0, dropped);
    this.#times.splice(0, dropped);
    this.#states.splice(0, checkpoint);
    const starts = this.#starts.splice(0).slice(checkpoint);
    this.#starts.push(...starts.map((start) => start - dropped));
    this.#cached = { index: 0, state: this.#states[0]! };
    for (const times of [this.problemTimes, this.receiptTimes]) times.splice(0, upperBound(times, until));
    this.gossip.dropBefore(until);
    this.usage.dropBefore(until);
    this.#range = { fromMs: until, toMs: this.#range?.toMs ?? until };
  }
}

/** A log may begin before it is recorded. A node may write any time into it, so that only a recent one is believed. */
function startOf(event: RecordingEvent, atMs: number): number {
  const [first] = event.type === 'log' ? event.entries : [];
  const firstMs = first ? toMs(first.time) : atMs;
  return atMs - firstMs < MAX_LOG_DELAY_MS ? firstMs : atMs;
}

/** Returns how many items an event changes. */
function countChanges(event: RecordingEvent): number {
  switch (event.type) {
    case 'nodes':
      return event.nodes.length;
    case 'links':
      return event.links.length + (event.removed?.length ?? 0);
    case 'conditions':
      return event.conditions.length;
    default:
      return 0;
  }
}

function nodesHitBy({ faults = [] }: { faults?: Fault[] }): string[] {
  return faults.flatMap((fault) => ('node' in fault ? fault.node : []));
}

function describeVerdict({ name, description, met, seen }: Verdict): string {
  const what = name === undefined ? description : `${name}: ${description}`;
  return met ? what : `${what}; seen: ${seen}`;
}

/** Number of items that are at most `limit`, in an ascending list. */
export function upperBound(items: readonly number[], limit: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
