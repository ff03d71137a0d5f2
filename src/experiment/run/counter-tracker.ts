import type { Fault } from '../../network/fault.ts';
import type { ScenarioNetwork } from '../../scenario/index.ts';
import {
  addCounters,
  type CountersByNode,
  type NodeCounters,
  subtractCounters,
  ZERO_COUNTERS,
} from './node-counters.ts';

/** Reads the counters of these nodes; undefined where one of them does not count. */
export type CounterReader = (nodes: readonly string[]) => Promise<CountersByNode | undefined>;

/**
 * Tracks what nodes count from a moment on, over all their lifetimes: a node that is restarted counts from zero, so it is
 * read right before it stops. What it counts after that until it stops is lost.
 */
export class CounterTracker {
  readonly #readCounters: CounterReader;
  readonly #nodes: readonly string[];
  /** Counters at the start of the current lifetime of each node, as far as it is tracked. */
  #baseline: CountersByNode | undefined;
  #lastRead: CountersByNode | undefined;
  /** Totals of the lifetimes that ended since the start. */
  readonly #stoppedTotals = new Map<string, NodeCounters>();
  readonly #stoppedNodes = new Set<string>();
  #isExact = true;
  /** Reads of nodes that are about to stop. */
  readonly #pendingReads = new Set<Promise<void>>();
  /** Number of stops and starts: counters read across one of them do not fit together. */
  #lifecycleChanges = 0;

  constructor(read: CounterReader, nodes: readonly string[]) {
    this.#readCounters = read;
    this.#nodes = nodes;
  }

  /** False after a node has stopped: then the counters of different nodes need not fit together. */
  get isExact(): boolean {
    return this.#isExact;
  }

  /** Starts to count from zero. */
  async start(): Promise<void> {
    this.#startAt(await this.#readRunning());
  }

  /** Starts to count from zero at the last read, where no node has stopped or started and nothing is under way since. */
  async startAtLastRead(): Promise<void> {
    if (this.#lastRead) this.#startAt(this.#lastRead);
    else await this.start();
  }

  #startAt(counters: CountersByNode | undefined): void {
    this.#baseline = counters;
    this.#stoppedTotals.clear();
    this.#isExact = this.#stoppedNodes.size === 0;
  }

  /** Reads a node that is about to stop, and waits for no other node. */
  async beforeStop(node: string): Promise<void> {
    this.#isExact = false;
    this.#stoppedNodes.add(node);
    this.#lifecycleChanges++;
    const read = this.#readFinal(node);
    this.#pendingReads.add(read);
    await read.finally(() => this.#pendingReads.delete(read));
  }

  /** Tracks a node again that was started after it had stopped. */
  afterStart(node: string): void {
    this.#stoppedNodes.delete(node);
    this.#lifecycleChanges++;
  }

  /** Returns the counts of each node since the start; undefined where some node does not reply, or did not before it stopped. */
  async read(): Promise<CountersByNode | undefined> {
    const now = this.#baseline && (await this.#readRunning());
    this.#lastRead = now;
    const baseline = this.#baseline;
    if (baseline === undefined || now === undefined) return undefined;
    return new Map(
      this.#nodes.map((node) => {
        const lifetime = subtractCounters(now.get(node) ?? ZERO_COUNTERS, baseline.get(node) ?? ZERO_COUNTERS);
        return [node, addCounters(this.#stoppedTotals.get(node) ?? ZERO_COUNTERS, lifetime)];
      }),
    );
  }

  async #readFinal(node: string): Promise<void> {
    // On a busy machine a request may time out, and this one cannot be repeated later.
    const counters = (await this.#readCounters([node])) ?? (await this.#readCounters([node]));
    const last = counters?.get(node);
    if (last === undefined || this.#baseline === undefined) {
      this.#baseline = undefined; // Unknown until the next start.
      return;
    }
    const lifetime = subtractCounters(last, this.#baseline.get(node) ?? ZERO_COUNTERS);
    this.#stoppedTotals.set(node, addCounters(this.#stoppedTotals.get(node) ?? ZERO_COUNTERS, lifetime));
    this.#baseline = new Map([...this.#baseline].filter(([name]) => name !== node));
  }

  /** Reads all running nodes, again if one of them stops or starts meanwhile. */
  async #readRunning(): Promise<CountersByNode | undefined> {
    for (;;) {
      await Promise.all(this.#pendingReads);
      const changes = this.#lifecycleChanges;
      const counters = await this.#readCounters(this.#nodes.filter((node) => !this.#stoppedNodes.has(node)));
      if (changes === this.#lifecycleChanges) return counters;
    }
  }
}

const stopsNode = (fault: Fault): fault is Extract<Fault, { kind: 'kill' | 'stop' | 'restart' }> =>
  fault.kind === 'kill' || fault.kind === 'stop' || fault.kind === 'restart';

/** Wraps a network so that the counters of nodes are read before a fault stops them. */
export function withCounterTracking(
  network: ScenarioNetwork,
  counters: Pick<CounterTracker, 'beforeStop' | 'afterStart'>,
): ScenarioNetwork {
  const { name, runtime, topology, addresses, dialer } = network;
  return {
    name,
    runtime,
    topology,
    addresses,
    dialer,
    clockOffset: () => network.clockOffset(),
    nodes: () => network.nodes(),
    readLog: (options) => network.readLog(options),
    prepareFaults: (faults) => network.prepareFaults(faults),
    inject: async (fault, id) => {
      if (!stopsNode(fault)) return network.inject(fault, id);
      const { kind, node } = fault;
      await counters.beforeStop(node);
      const injected = await network.inject(fault, id);
      if (kind === 'restart') counters.afterStart(node);
      return {
        ...injected,
        heal: async () => {
          await injected.heal();
          if (kind !== 'restart') counters.afterStart(node);
        },
      };
    },
  };
}
