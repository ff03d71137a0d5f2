import { hostname } from 'node:os';
import type { ActiveLinkConditions } from '../network/fault.ts';
import { formatAsJson, type LogEntry, toLogTime } from '../network/log-entry.ts';
import type { NetworkStatus } from '../network/network-status.ts';
import { namesByAddress } from '../network/node-names.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import { packageVersion } from '../shared/files/package-root.ts';
import { hideEnvironment } from '../topology/model/hide-environment.ts';
import { type JournalEntry, journalEvents, parseJournalLine } from './actions/action-events.ts';
import { LiveRecording, type NewEvent } from './live-recording.ts';
import { type LogChange, readLogChange } from './log-changes.ts';
import { RECORDING_VERSION, type Snapshot } from './recording-event.ts';
import { formatEvent } from './recording-lines.ts';
import { diffFaults, diffStatus } from './status-changes.ts';

/** Later than any event. */
const NO_LIMIT = '9999-12-31T23:59:59.999999Z';
/** Clocks of nodes may be ahead of this process's by so much, milliseconds; a node may write any time into its log. */
const MAX_CLOCK_OFFSET_MS = 60_000;
/** Shortest distance of two snapshots, characters. */
const SNAPSHOT_DISTANCE = 1024 * 1024;

type LoggedNetwork = Pick<RunningNetwork, 'name' | 'runtime' | 'topology' | 'addresses'>;

/**
 * Makes the recording of a network that was not recorded, from what is left: its log, the journal of what was done to it, and its
 * status at the end. What only a status tells is not known before that.
 */
export class LogRecording {
  readonly #live = new LiveRecording(() => toLogTime(Date.now() + MAX_CLOCK_OFFSET_MS));
  readonly #names: ReadonlyMap<string, string>;
  readonly #journal: JournalEntry[];
  readonly #network: LoggedNetwork;
  #lines: string[] = [];
  #sinceSnapshot = 0;

  /** @param journal what was done to the network, as JSON lines */
  constructor(network: LoggedNetwork, journal: string) {
    this.#network = network;
    this.#names = namesByAddress(network);
    this.#journal = journal.split('\n').flatMap(parseJournalLine);
    this.#live.subscribe((event) => {
      const lines = formatEvent(event);
      this.#lines.push(...lines);
      this.#sinceSnapshot += lines.reduce((sum, { length }) => sum + length, 0);
    });
  }

  /** Adds entries of the merged log. @returns lines of the recording */
  addEntries(entries: readonly LogEntry[]): string {
    let from = 0;
    for (const [index, entry] of entries.entries()) {
      this.#start(entry.time);
      if ((this.#journal[0]?.time ?? NO_LIMIT) <= entry.time) {
        this.#writeEntries(entries.slice(from, index));
        from = index;
        this.#writeJournal(entry.time);
      }
      const change = readLogChange(entry, this.#live.snapshot, this.#names);
      const events = change ? eventsOf(change, entry, this.#live.snapshot) : [];
      if (events.length === 0) continue;
      this.#writeEntries(entries.slice(from, index + 1));
      from = index + 1;
      for (const event of events) this.#live.write({ time: entry.time, ...event });
    }
    this.#writeEntries(entries.slice(from));
    return this.#takeLines();
  }

  /** Ends the recording. @param status of the network now, where it is known @returns the last lines */
  end(status?: NetworkStatus): string {
    const now = toLogTime(Date.now() + (status?.clockOffsetMs ?? 0));
    this.#start(now);
    this.#writeJournal(NO_LIMIT);
    if (status) {
      const { snapshot } = this.#live;
      for (const event of [...diffStatus(snapshot, status), ...diffFaults(snapshot, status.faults)])
        this.#live.write({ time: now, ...event });
    }
    this.#live.write({ type: 'end', time: now, reason: 'stopped' });
    return this.#takeLines();
  }

  #start(time: string): void {
    if (this.#live.snapshot.recording) return;
    const { name, runtime, topology, addresses } = this.#network;
    this.#live.write({
      type: 'recording',
      time,
      version: RECORDING_VERSION,
      devnet: packageVersion,
      network: name,
      run: '',
      runtime,
      hosts: [hostname()],
      started: time,
      segment: 1,
    });
    this.#live.write({ type: 'topology', time, topology: hideEnvironment(topology) });
    const nodes = [...addresses].map(([name, { host, port }]) => ({ name, address: `${host}:${port}` }));
    this.#live.write({ type: 'nodes', time, nodes: nodes.map((node) => ({ ...node, state: 'running' })) });
    this.#live.write({ type: 'links', time, links: topology.links.map((link) => ({ ...link, state: 'unknown' })) });
  }

  #writeEntries(entries: readonly LogEntry[]): void {
    this.#live.writeLog(entries, entries.map(formatAsJson));
  }

  #writeJournal(until: string): void {
    for (let next = this.#journal[0]; next && next.time <= until; next = this.#journal[0]) {
      this.#journal.shift();
      for (const event of journalEvents(next, this.#live.snapshot)) this.#live.write({ time: next.time, ...event });
    }
  }

  #takeLines(): string {
    const { snapshot } = this.#live;
    if (this.#sinceSnapshot > SNAPSHOT_DISTANCE) {
      this.#lines.push(...formatEvent({ type: 'snapshot', time: snapshot.time, snapshot }));
      this.#sinceSnapshot = 0;
    }
    const text = this.#lines.join('');
    this.#lines = [];
    return text;
  }
}

function eventsOf(change: LogChange, entry: LogEntry, { faults }: Snapshot): NewEvent[] {
  switch (change.kind) {
    case 'link':
      return [{ type: 'links', links: [change.link] }];
    case 'node': {
      const { node, links } = change;
      return [{ type: 'nodes', nodes: [node] }, ...(links.length > 0 ? [{ type: 'links', links } as const] : [])];
    }
    case 'faults': {
      const { fault: name, action, cleared: _cleared, ...fields } = entry.fields;
      if (change.healed !== undefined) return [{ type: 'heal', name: change.healed }];
      if (entry.event === 'link_conditions')
        return [{ type: 'conditions', conditions: [fields as unknown as ActiveLinkConditions] }];
      if (entry.event !== 'fault_injected' || typeof name !== 'string' || faults.some((one) => one.name === name))
        return [];
      const ends = [fields.from, fields.to].map((end) => [end].flat().join(', '));
      return [{ type: 'fault', name, description: `${action} ${ends.join(' -> ')}` }];
    }
  }
}
