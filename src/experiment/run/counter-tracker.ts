import type { ScenarioNetwork } from '../../scenario/index.ts';
import { addCounters, type NodeCounters, subtractCounters, ZERO_COUNTERS } from './node-counters.ts';
import type { NodeAddress } from './publish-gossip.ts';

/** Asks running nodes what they have counted since they were started; undefined where one of them does not count. */
export type CounterReader = (
  addresses: readonly NodeAddress[],
) => Promise<ReadonlyMap<string, NodeCounters> | undefined>;

/**
 * What nodes count from a moment on, over all their lives: one that is started again counts from nothing, so that it is
 * asked right before it ends. What it counts between that and its end, nobody knows.
 */
export class CounterTracker {
  readonly #readCounters: CounterReader;
  readonly #addresses: readonly NodeAddress[];
  /** What the running life of each node is counted from. */
  #baseline: ReadonlyMap<string, NodeCounters> | undefined;
  /** What the lives that have ended since had counted. */
  readonly #stoppedTotals = new Map<string, NodeCounters>();
  readonly #stoppedNodes = new Set<string>();
  #isExact = true;
  /** Nodes that are being asked for the last time. */
  readonly #pendingReads = new Set<Promise<void>>();
  /** How many lives have ended or begun: what was asked of all across such a moment does not fit together. */
  #lifecycleChanges = 0;

  constructor(ask: CounterReader, addresses: readonly NodeAddress[]) {
    this.#readCounters = ask;
    this.#addresses = addresses;
  }

  /** Whether no node has ended since the start: only then do the counts of all fit together. */
  get isExact(): boolean {
    return this.#isExact;
  }

  /** What is counted is counted from here. */
  async start(): Promise<void> {
    this.#baseline = await this.#readRunning();
    this.#stoppedTotals.clear();
    this.#isExact = this.#stoppedNodes.size === 0;
  }

  /** To be called before a node's process ends. It waits for nobody but that node. */
  async beforeStop(node: string): Promise<void> {
    this.#isExact = false;
    this.#stoppedNodes.add(node);
    this.#lifecycleChanges++;
    const last = this.#readFinal(node);
    this.#pendingReads.add(last);
    await last.finally(() => this.#pendingReads.delete(last));
  }

  /** To be called once a node that ended runs again. */
  afterStart(node: string): void {
    this.#stoppedNodes.delete(node);
    this.#lifecycleChanges++;
  }

  /** What each node has counted since the start; undefined where some node does not answer, or did not when it ended. */
  async read(): Promise<Map<string, NodeCounters> | undefined> {
    const now = this.#baseline && (await this.#readRunning());
    const from = this.#baseline;
    if (from === undefined || now === undefined) return undefined;
    const known = this.#addresses.map(({ node }) => {
      const life = subtractCounters(now.get(node) ?? ZERO_COUNTERS, from.get(node) ?? ZERO_COUNTERS);
      return [node, addCounters(this.#stoppedTotals.get(node) ?? ZERO_COUNTERS, life)] as const;
    });
    return new Map(known);
  }

  async #readFinal(node: string): Promise<void> {
    const address = this.#addresses.filter((one) => one.node === node);
    // A busy machine may let a question go by; this one cannot be put later.
    const counted = (await this.#readCounters(address)) ?? (await this.#readCounters(address));
    const last = counted?.get(node);
    if (last === undefined || this.#baseline === undefined) {
      this.#baseline = undefined; // Known no more, until the next start.
      return;
    }
    const life = subtractCounters(last, this.#baseline.get(node) ?? ZERO_COUNTERS);
    this.#stoppedTotals.set(node, addCounters(this.#stoppedTotals.get(node) ?? ZERO_COUNTERS, life));
    this.#baseline = new Map([...this.#baseline].filter(([name]) => name !== node));
  }

  /** Anew when a life ended or began meanwhile. */
  async #readRunning(): Promise<ReadonlyMap<string, NodeCounters> | undefined> {
    for (;;) {
      await Promise.all(this.#pendingReads);
      const turns = this.#lifecycleChanges;
      const counts = await this.#readCounters(this.#addresses.filter(({ node }) => !this.#stoppedNodes.has(node)));
      if (turns === this.#lifecycleChanges) return counts;
    }
  }
}

/** Actions by which nodes that are to end are asked first what they counted. */
export function withCounterTracking(
  network: ScenarioNetwork,
  counting: Pick<CounterTracker, 'beforeStop' | 'afterStart'>,
): ScenarioNetwork {
  const { name, topology, addresses, dialer } = network;
  return {
    name,
    topology,
    addresses,
    dialer,
    nodes: () => network.nodes(),
    readLog: (options) => network.readLog(options),
    prepareFaults: (faults) => network.prepareFaults(faults),
    inject: async (fault, id) => {
      if (fault.kind !== 'kill' && fault.kind !== 'stop' && fault.kind !== 'restart') return network.inject(fault, id);
      const { node } = fault;
      await counting.beforeStop(node);
      const injected = await network.inject(fault, id);
      if (fault.kind === 'restart') {
        counting.afterStart(node);
        return injected;
      }
      return {
        ...injected,
        heal: async () => {
          await injected.heal();
          counting.afterStart(node);
        },
      };
    },
  };
}
