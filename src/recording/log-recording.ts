import { hostname } from 'node:os';
import { describeFault } from '../network/describe-fault.ts';
import type { ActiveLinkConditions, Fault } from '../network/fault.ts';
import { formatAsJson, type LogEntry, toLogTime } from '../network/log-entry.ts';
import type { NetworkStatus, NodeState } from '../network/network-status.ts';
import { namesByAddress } from '../network/node-names.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import { packageVersion } from '../shared/files/package-root.ts';
import { hideEnvironment } from '../topology/model/hide-environment.ts';
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

/** State of a node after something was done to it, by the name of the action in a journal. */
const STATES_AFTER: Record<string, NodeState> = {
  kill: 'exited',
  stop: 'exited',
  pause: 'paused',
  unpause: 'running',
  start: 'running',
  restart: 'running',
};

interface JournalEntry {
  time: string;
  event: string;
  [field: string]: unknown;
}

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

/** Returns what an entry of a journal tells. */
function journalEvents({ time: _time, event, ...fields }: JournalEntry, { nodes, faults }: Snapshot): NewEvent[] {
  const stateOf = (name: unknown, action: string): NewEvent[] => {
    const node = nodes.find((one) => one.name === name);
    const state = Object.hasOwn(STATES_AFTER, action) ? STATES_AFTER[action] : undefined;
    return node && state ? [{ type: 'nodes', nodes: [{ name: node.name, address: node.address, state }] }] : [];
  };
  const text = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  switch (event) {
    case 'fault_injected': {
      const { fault: name, ...rest } = fields;
      const fault = rest as Fault;
      const description = describe(fault);
      const changed = 'node' in fault ? stateOf(fault.node, fault.kind) : [];
      return [{ type: 'fault', name: text(name), description, faults: [fault] }, ...changed];
    }
    case 'fault_healed': {
      const known = faults.find(({ name }) => name === fields.fault);
      const hit = known?.faults?.flatMap((fault) => ('node' in fault ? fault.node : [])) ?? [fields.fault];
      const restarted = hit.flatMap((node) => stateOf(node, 'start'));
      return [...(known ? [{ type: 'heal', name: known.name } as const] : []), ...restarted];
    }
    case 'send': {
      const { to, message_type: type, payload } = fields;
      const id = type === 'gossip' ? (payload as { id?: unknown } | null)?.id : undefined;
      const gossip = typeof id === 'string' ? { gossip: id } : {};
      return [{ type: 'step', description: `${text(type)} to ${text(to)}`, nodes: [text(to)], ...gossip }];
    }
    case 'failed':
      return [
        { type: 'verdict', description: 'the test passes', met: false, since: _time, seen: text(fields.message) },
      ];
    default:
      return Object.hasOwn(STATES_AFTER, event)
        ? [
            { type: 'step', description: `${event} ${text(fields.node)}`, nodes: [text(fields.node)] },
            ...stateOf(fields.node, event),
          ]
        : [];
  }
}

function describe(fault: Fault): string {
  try {
    return describeFault(fault);
  } catch {
    return fault.kind; // A journal cuts off values that are too long.
  }
}

function parseJournalLine(line: string): JournalEntry[] {
  try {
    const entry = JSON.parse(line) as Partial<JournalEntry>;
    const at = Date.parse(entry.time ?? '');
    if (typeof entry.event !== 'string' || Number.isNaN(at)) return [];
    return [{ ...entry, event: entry.event, time: toLogTime(at) }];
  } catch {
    return []; // An empty line, or one that was cut off.
  }
}
