import { hostname } from 'node:os';
import { UnsupportedError } from '../network/capabilities.ts';
import { formatAsJson, type LogEntry, toLogTime } from '../network/log-entry.ts';
import type { NetworkStatus } from '../network/network-status.ts';
import { namesByAddress } from '../network/node-names.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import { DevnetError } from '../shared/errors.ts';
import { packageVersion } from '../shared/files/package-root.ts';
import { processTimeMs } from '../shared/time/clock-offset.ts';
import { sleep } from '../shared/time/poll.ts';
import { hideEnvironment } from '../topology/model/hide-environment.ts';
import type { Topology } from '../topology/model/topology.ts';
import { LiveRecording, type NewEvent } from './live-recording.ts';
import { readLogChange } from './log-changes.ts';
import { readUsage } from './read-usage.ts';
import { RECORDING_VERSION, type RecordingEnded } from './recording-event.ts';
import { diffConditions, diffFaults, diffStatus } from './status-changes.ts';

/** Shortest time between two statuses, milliseconds. */
const STATUS_INTERVAL_MS = 5_000;
/** The same after something happened to a node. */
const MIN_STATUS_INTERVAL_MS = 1_000;
/** A status that takes long is read so much less often: of a thousand nodes it takes seconds. */
const STATUS_PAUSE_FACTOR = 20;
/** Time between two measurements of all round trips, milliseconds. */
const ROUND_TRIP_INTERVAL_MS = 60_000;
/** Time between two counts of what nodes use, milliseconds. */
const USAGE_INTERVAL_MS = 10_000;
/** Of a network with more nodes, usage is not counted: an engine takes longer for that than for all the rest. */
const MAX_COUNTED_NODES = 100;
/** Entries about faults that come together are read up on together, after this time, milliseconds. */
const FAULTS_DELAY_MS = 20;

type RecordedNetwork = Pick<
  RunningNetwork,
  'name' | 'runtime' | 'topology' | 'addresses' | 'capabilities' | 'clockOffset' | 'summary' | 'status'
> &
  Pick<RunningNetwork, 'activeFaults' | 'linkConditions' | 'readLog' | 'watchUsage'>;

export interface NetworkRecorderOptions {
  /** Attaches to the network again, for its topology, where another process may declare another one. @default it stays as it is */
  reattach?: () => Promise<RunningNetwork>;
}

/**
 * Records what happens to a network: what its log tells, and what its status shows from time to time. It goes on until `stop`, or
 * until the network is gone. What cannot be read is tried again: a recording never fails because of the network.
 */
export class NetworkRecorder {
  readonly live: LiveRecording;
  readonly #network: RecordedNetwork;
  readonly #reattach: (() => Promise<RunningNetwork>) | undefined;
  readonly #names: ReadonlyMap<string, string>;
  readonly #stop = new AbortController();
  #offsetMs: number;
  /** The topology that was recorded last. */
  #topology: Topology | undefined;
  /** That of the network then. */
  #ownTopology: Topology | undefined;
  /** Nodes and links, by `name` and `from to`, that the log told of while a status is read: it may be from before. */
  #changedMeanwhile = new Set<string>();
  /** Counts changes of faults that did not come from reading them. */
  #faultChanges = 0;
  /** The entries that were added last, and which of them `formatEntry` is asked for next. */
  #formatted: { entries: readonly LogEntry[]; texts: string[]; next: number } = { entries: [], texts: [], next: 0 };
  #roundTripsAtMs = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => {};
  #isReadingFaults = false;

  private constructor(network: RecordedNetwork, offsetMs: number, { reattach }: NetworkRecorderOptions) {
    this.#network = network;
    this.#offsetMs = offsetMs;
    this.#reattach = reattach;
    this.#names = namesByAddress(network);
    this.live = new LiveRecording(() => this.timeAgo(0));
  }

  /** Prepares a recording; nothing is recorded before `start`. @throws DevnetError `no_such_devnet`, `engine_gone`, … */
  static async prepare(network: RecordedNetwork, options: NetworkRecorderOptions = {}): Promise<NetworkRecorder> {
    return new NetworkRecorder(network, (await network.clockOffset()).offsetMs, options);
  }

  /** Begins with the first events, and goes on by itself. Log entries come by `addEntries`, unless `followLog` is called. */
  async start(): Promise<void> {
    const { name, runtime } = this.#network;
    const { run, nodes } = await this.#network.summary();
    const hosts = await this.#readHosts();
    const started = this.timeAgo(0);
    this.live.write({
      type: 'recording',
      time: started,
      version: RECORDING_VERSION,
      devnet: packageVersion,
      network: name,
      run,
      runtime,
      hosts,
      started,
      segment: 1,
    });
    this.#recordTopology(this.#network.topology);
    this.live.write({
      type: 'nodes',
      nodes: nodes.map(({ name, state, host, port }) => ({ name, state, address: `${host}:${port}` })),
    });
    void this.#readStatusUntilStopped();
    if (this.#network.capabilities.has('resource-usage') && nodes.length <= MAX_COUNTED_NODES)
      void this.#countUsageUntilStopped();
    this.#readFaultsSoon();
  }

  /** Follows the merged log from now on. Resolves when nothing that happens from then on can be missed. */
  async followLog(): Promise<void> {
    const since = processTimeMs() + this.#offsetMs;
    const { signal } = this.#stop;
    const log = await this.#network.readLog({ follow: true, since, signal });
    const read = async () => {
      for await (const entries of log) this.addEntries(entries);
      // It ends when the network is gone.
      if (!signal.aborted) this.#stop.abort();
    };
    read().catch(() => this.#stop.abort());
  }

  /** Resolves when the network is gone, or the recording was stopped. */
  async ended(): Promise<void> {
    const { signal } = this.#stop;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }

  /** Adds entries of the merged log, as they come. */
  addEntries(entries: readonly LogEntry[]): void {
    let from = 0;
    this.#formatted = { entries, texts: entries.map(formatAsJson), next: 0 };
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index] as LogEntry;
      const change = readLogChange(entry, this.live.snapshot, this.#names);
      if (!change) continue;
      this.#writeEntries(from, index + 1);
      from = index + 1;
      const { time } = entry;
      if (change.kind === 'node') {
        const { node, links } = change;
        this.#changedMeanwhile.add(node.name);
        this.live.write({ type: 'nodes', time, nodes: [node] });
        if (links.length > 0) this.#writeLinks(time, links);
        this.#wake();
      } else if (change.kind === 'link') this.#writeLinks(time, [change.link]);
      else {
        if (change.healed !== undefined) this.live.write({ type: 'heal', time, name: change.healed });
        this.#readFaultsSoon();
      }
    }
    this.#writeEntries(from, entries.length);
  }

  /** Formats an entry as JSON, for the log file. Cheaper for those that were added last, in their order. */
  formatEntry(entry: LogEntry): string {
    const formatted = this.#formatted;
    if (formatted.entries[formatted.next] !== entry) return formatAsJson(entry);
    return formatted.texts[formatted.next++] as string;
  }

  /** Passes the merged log on, and records it. */
  async *tee(log: AsyncIterable<LogEntry[]>): AsyncGenerator<LogEntry[]> {
    for await (const entries of log) {
      this.addEntries(entries);
      yield entries;
    }
  }

  /** Records what this process does to the network: faults, steps, verdicts, samples. */
  record(event: NewEvent): void {
    if (this.#stop.signal.aborted) return;
    const known =
      event.type === 'fault' ? this.live.snapshot.faults.find(({ name }) => name === event.name) : undefined;
    if (event.type === 'fault' || event.type === 'heal') this.#faultChanges++;
    if (event.type === 'heal' && !this.live.snapshot.faults.some(({ name }) => name === event.name)) return;
    this.live.write(event.type === 'fault' && known ? { since: known.since, ...event } : event);
  }

  /** Returns a time of this process, milliseconds ago, by the nodes' clock and as events have it. */
  timeAgo(milliseconds: number): string {
    return toLogTime(processTimeMs() + this.#offsetMs - milliseconds);
  }

  /**
   * Ends the recording. What is read of the network meanwhile is not waited for: it may take long, or for ever.
   * @param reason whether the network is gone. @default as far as it is known
   */
  stop(reason?: RecordingEnded['reason']): void {
    const isGone = this.#stop.signal.aborted;
    this.#stop.abort();
    this.live.write({ type: 'end', reason: reason ?? (isGone ? 'removed' : 'stopped') });
  }

  #writeEntries(from: number, to: number): void {
    const { entries, texts } = this.#formatted;
    const isAll = from === 0 && to === entries.length;
    this.live.writeLog(isAll ? entries : entries.slice(from, to), isAll ? texts : texts.slice(from, to));
  }

  #writeLinks(time: string, links: Extract<NewEvent, { type: 'links' }>['links']): void {
    for (const { from, to } of links) this.#changedMeanwhile.add(`${from} ${to}`);
    this.live.write({ type: 'links', time, links });
  }

  #recordTopology(topology: Topology): void {
    this.#topology = topology;
    this.#ownTopology = this.#network.topology;
    this.live.write({ type: 'topology', topology: hideEnvironment(topology) });
  }

  async #readStatusUntilStopped(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const began = performance.now();
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await this.#attempt(() => this.#readStatus());
      const pauseMs = STATUS_PAUSE_FACTOR * (performance.now() - began);
      await sleep(Math.max(MIN_STATUS_INTERVAL_MS, pauseMs), signal).catch(() => {});
      const leftMs = STATUS_INTERVAL_MS - Math.max(MIN_STATUS_INTERVAL_MS, pauseMs);
      if (leftMs > 0) await Promise.race([woken, sleep(leftMs, signal).catch(() => {})]);
    }
  }

  /** Returns the names of the machines that run the nodes. */
  async #readHosts(): Promise<string[]> {
    if (this.#network.runtime !== 'swarm') return [hostname()];
    const options = { usageOf: [], measureRoundTrips: false, probeCapabilities: false };
    const { hosts = [] } = await this.#network.status(options);
    return hosts.map(({ name }) => name);
  }

  async #countUsageUntilStopped(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const running = this.live.snapshot.nodes.filter(({ state }) => state === 'running').length;
      const isCounted = await this.#attempt(async () => {
        const samples = running === 0 ? {} : await readUsage(this.#network, running, signal);
        if (Object.keys(samples).length > 0) this.live.write({ type: 'samples', samples });
      });
      if (!isCounted) return; // An engine that keeps no figures.
      await sleep(USAGE_INTERVAL_MS, signal).catch(() => {});
    }
  }

  async #readStatus(): Promise<void> {
    this.#changedMeanwhile = new Set();
    const measureRoundTrips = performance.now() - this.#roundTripsAtMs >= ROUND_TRIP_INTERVAL_MS;
    const faultChanges = this.#faultChanges;
    const status = await this.#network.status({ usageOf: [], measureRoundTrips, probeCapabilities: false });
    if (measureRoundTrips) this.#roundTripsAtMs = performance.now();
    if (this.#stop.signal.aborted) return;
    this.#offsetMs = status.clockOffsetMs;
    await this.#readTopology(status);
    // Before the links that they cut.
    if (status.faultsUnknown === undefined && faultChanges === this.#faultChanges)
      for (const event of diffFaults(this.live.snapshot, status.faults)) this.live.write(event);
    const meanwhile = this.#changedMeanwhile;
    const isOlder = (name: string) => meanwhile.has(name);
    for (const event of diffStatus(this.live.snapshot, status)) {
      if (event.type === 'nodes') {
        const nodes = event.nodes.filter(({ name }) => !isOlder(name));
        if (nodes.length > 0) this.live.write({ ...event, nodes });
      } else if (event.type === 'links') {
        const links = event.links.filter(({ from, to }) => ![from, to, `${from} ${to}`].some(isOlder));
        if (links.length + (event.removed?.length ?? 0) > 0) this.live.write({ ...event, links });
      }
    }
  }

  /** Records the topology where another one is declared now, by this process or another one. */
  async #readTopology(status: Pick<NetworkStatus, 'nodes' | 'links'>): Promise<void> {
    const own = this.#network.topology;
    if (own !== this.#ownTopology) this.#recordTopology(own);
    else if (this.#reattach && this.#topology && !isDeclaredBy(status, this.#topology)) {
      const network = await this.#reattach();
      this.#recordTopology(network.topology);
      network.close();
    }
  }

  /** Reads the faults and conditions in force a moment later: one fault has many entries in the log. */
  #readFaultsSoon(): void {
    this.#faultChanges++;
    if (this.#isReadingFaults || !this.#network.capabilities.has('link-conditions')) return;
    this.#isReadingFaults = true;
    void this.#readFaultsUntilTheyStay().finally(() => {
      this.#isReadingFaults = false;
    });
  }

  async #readFaultsUntilTheyStay(): Promise<void> {
    let changes: number;
    do {
      await sleep(FAULTS_DELAY_MS, this.#stop.signal).catch(() => {});
      changes = this.#faultChanges;
      await this.#attempt(() => this.#readFaults(changes));
    } while (changes !== this.#faultChanges && !this.#stop.signal.aborted);
  }

  async #readFaults(changes: number): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const [faults, conditions] = await Promise.all([this.#network.activeFaults(), this.#network.linkConditions()]);
    if (changes !== this.#faultChanges || this.#stop.signal.aborted) return; // They may be from before: read again.
    const { snapshot } = this.live;
    const events = [...diffFaults(snapshot, faults), ...diffConditions(snapshot, this.#network.topology, conditions)];
    for (const event of events) this.live.write(event);
    this.#wake(); // Links follow.
  }

  /** Does what may fail while a network is busy, or is being removed. @returns false for what the network cannot do */
  async #attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (cause) {
      if (cause instanceof DevnetError && cause.code === 'no_such_devnet') this.#stop.abort();
      return !(cause instanceof UnsupportedError);
    }
  }
}

/** Returns whether a status was compared with this topology. */
function isDeclaredBy({ nodes, links }: Pick<NetworkStatus, 'nodes' | 'links'>, topology: Topology): boolean {
  const declared = links.filter(({ state }) => state !== 'extra');
  return (
    nodes.length === topology.nodes.length &&
    declared.length === topology.links.length &&
    topology.nodes.every(({ name }, index) => nodes[index]?.name === name) &&
    topology.links.every(({ from, to }, index) => declared[index]?.from === from && declared[index]?.to === to)
  );
}
