import { setTimeout as delay } from 'node:timers/promises';
import { currentLogTime } from '../../network/log-entry.ts';
import type { ReceiptCollector } from '../../network/receipt-collector.ts';
import { publishGossip } from '../../network/send-message.ts';
import type { ScenarioNetwork } from '../../scenario/index.ts';
import { DevnetError } from '../../shared/errors.ts';
import { graphOf, hopsFrom, type TopologyNode } from '../../topology/index.ts';
import type { FaultPeriod, GossipCounters, LinkTraffic, MessageSample } from '../metrics/samples.ts';
import type { Run, WorkloadOptions } from '../plan/experiment.ts';
import { needsFreshNodesAfter } from '../plan/matrix.ts';
import { messageIdPrefix } from '../plan/randomness.ts';
import { CounterTracker, withCounterTracking } from './counter-tracker.ts';
import { startFaultTimeline } from './fault-timeline.ts';
import {
  type CountersByNode,
  countersByLink,
  countersByNode,
  isIdle,
  NodeCounterReader,
  totalCounters,
} from './node-counters.ts';
import { toSampleReceipts } from './receipts.ts';

/** After so long without a receipt, the counters of the nodes tell whether messages are still under way. */
export const QUIET_PERIOD_MS = 200;
/** After so long without a change, nothing is under way where counters do not fit together; TCP retransmits after 200 ms. */
export const INEXACT_QUIET_PERIOD_MS = 400;
/** First pause before the counters are read again: most duplicates arrive right after the last receipt. */
const FIRST_POLL_MS = 20;
const POLL_GROWTH = 1.25;
/** Time for what is under way at the end of a run to arrive and to be logged. */
const SETTLE_TIMEOUT_MS = 2_000;

/** The messages of a run, and where to send them. */
export interface Workload {
  network: ScenarioNetwork;
  /** Follows the log of the network. */
  receipts: ReceiptCollector;
  run: Run;
  load: WorkloadOptions;
  signal: AbortSignal;
  /** Called with the number of measured messages that were sent. */
  onMessageSent: (sent: number) => void;
}

export interface WorkloadResult {
  samples: MessageSample[];
  /** Gossip counters by node; empty where some node does not count. */
  traffic: Record<string, GossipCounters>;
  /** Absent where `traffic` is empty. */
  links?: LinkTraffic[];
  /** ISO 8601, UTC. */
  startedAt: string;
  faults: FaultPeriod[];
}

/**
 * Sends the messages of a run while its faults take place, and waits until each has spread as far as it can. Then heals all
 * faults.
 * @throws DevnetError `node_unreachable`, unless the run has faults; `not_verified` when the log does not hold everything
 *   that the nodes counted; what faults fail with; the signal's reason
 */
export async function runWorkload(workload: Workload): Promise<WorkloadResult> {
  const { network, run } = workload;
  // A connection from before a node was restarted could hold up the first read after it, and programs other than the bundled
  // node may take whoever stays connected for a peer.
  const keepConnections = !needsFreshNodesAfter(run) && run.topology.nodes.every(isBundledNode);
  const reader = new NodeCounterReader(network, keepConnections);
  try {
    const counters = new CounterTracker((nodes) => reader.read(nodes), [...network.addresses.keys()]);
    return await runMessages(workload, counters);
  } finally {
    reader.close();
  }
}

async function runMessages(workload: Workload, counters: CounterTracker): Promise<WorkloadResult> {
  const { network, run, load, signal } = workload;
  const warmup = new MessageBatch(workload, counters, signal, 0);
  await counters.start();
  for (const sender of run.origins.slice(0, load.warmup)) await warmup.waitForDelivery(await warmup.send(sender));
  // A link that did not survive the change from the previous run breaks here, where it does no harm.
  await warmup.waitUntilIdle();

  const timeline = await startFaultTimeline(run.faults ?? [], withCounterTracking(network, counters), signal);
  try {
    const batch = new MessageBatch(workload, counters, AbortSignal.any([signal, timeline.failed]), load.warmup);
    await (run.faults ? counters.start() : counters.startAtLastRead());
    for (const [index, sender] of run.origins.slice(load.warmup).entries()) {
      if (load.every !== undefined) await batch.sleepUntil(timeline.startedAtMs + index * load.every);
      const message = await batch.send(sender);
      workload.onMessageSent(index + 1);
      if (load.every === undefined) await batch.waitForDelivery(message);
    }
    const result = await batch.collectResult();
    return { ...result, startedAt: new Date(timeline.startedAtMs).toISOString(), faults: await timeline.stop() };
  } catch (cause) {
    // Why the run failed matters more than a fault that could not be healed, and the next run has other nodes.
    await timeline.stop().catch(() => {});
    throw cause;
  }
}

const isBundledNode = ({ image, command }: TopologyNode): boolean => image === undefined && command === undefined;

interface SentMessage {
  id: string;
  sender: string;
  sent: string;
  /** Milliseconds since the epoch. */
  deadlineMs: number;
  /** True once the message has spread as far as it can: at once where the sender was down. */
  isOver: boolean;
  /** False where the sender was down. */
  isAccepted: boolean;
}

/** Messages that spread through a network. */
class MessageBatch {
  readonly #workload: Workload;
  readonly #counters: CounterTracker;
  readonly #signal: AbortSignal;
  readonly #firstIndex: number;
  /** Number of nodes that links lead to, by sender. */
  readonly #reachable: ReadonlyMap<string, number>;
  /** True where faults drop messages, so that some that were sent never arrive. */
  readonly #dropsMessages: boolean;
  readonly #messages: SentMessage[] = [];

  /** @param firstIndex number of messages of the run before this batch */
  constructor(workload: Workload, counters: CounterTracker, signal: AbortSignal, firstIndex: number) {
    this.#workload = workload;
    this.#counters = counters;
    this.#signal = signal;
    this.#firstIndex = firstIndex;
    const { topology, origins, faults = [] } = workload.run;
    this.#dropsMessages = faults.some(
      (step) => step.do === 'inject' && step.faults.some(({ kind }) => kind === 'messages'),
    );
    this.#reachable = new Map(origins.map((origin) => [origin, hopsFrom(graphOf(topology), origin).size]));
  }

  /** @param momentMs milliseconds since the epoch */
  async sleepUntil(momentMs: number): Promise<void> {
    const waitMs = momentMs - Date.now();
    if (waitMs > 0) await delay(waitMs, undefined, { signal: this.#signal }).catch(() => this.#signal.throwIfAborted());
  }

  async send(sender: string): Promise<SentMessage> {
    this.#signal.throwIfAborted();
    const { network, receipts, run, load } = this.#workload;
    const id = `${messageIdPrefix(run)}-${this.#firstIndex + this.#messages.length + 1}`;
    const deadlineMs = Date.now() + load.within;
    const message: SentMessage = { id, sender, sent: currentLogTime(), deadlineMs, isOver: false, isAccepted: true };
    this.#messages.push(message);
    receipts.watch(id);
    try {
      await publishGossip(network, sender, { id, data: 'x'.repeat(load.size) });
    } catch (cause) {
      // Where faults take nodes down, a sender that is down is a result and not a failure.
      if (!run.faults || !(cause instanceof DevnetError && cause.code === 'node_unreachable')) throw cause;
      message.isAccepted = false;
      message.isOver = true;
    }
    return message;
  }

  /** Waits until a message has reached every node that it can, nothing is under way any more, or its time is over. */
  async waitForDelivery(message: SentMessage): Promise<void> {
    while (!message.isOver) message.isOver = await this.#hasSpread(message);
  }

  /** Waits for a receipt, or for so long that there may be none any more. @returns whether the message can spread no further */
  async #hasSpread({ id, sender, deadlineMs }: SentMessage): Promise<boolean> {
    const { receipts } = this.#workload;
    const leftMs = deadlineMs - Date.now();
    if (receipts.count([id]) >= this.#reachable.get(sender)! || leftMs <= 0) return true;
    const quietMs = this.#counters.isExact ? QUIET_PERIOD_MS : INEXACT_QUIET_PERIOD_MS;
    if (await receipts.waitForMore(Math.min(quietMs, leftMs), this.#signal)) return false;
    const counters = Date.now() < deadlineMs ? await this.#counters.read() : undefined;
    // Nodes do not count the announcements that they receive, so these may still be under way.
    return counters !== undefined && this.#isSettled(counters) && totalCounters(counters).announced === 0;
  }

  /** Waits until duplicates have arrived as well. @returns the counters; undefined where nodes do not count */
  async waitUntilIdle(): Promise<CountersByNode | undefined> {
    const { receipts } = this.#workload;
    const deadlineMs = Date.now() + SETTLE_TIMEOUT_MS;
    let counters = await this.#counters.read();
    let pauseMs = FIRST_POLL_MS;
    while (counters && !this.#isSettled(counters) && Date.now() < deadlineMs) {
      const isExact = this.#counters.isExact && !this.#dropsMessages;
      const hasMore = await receipts.waitForMore(isExact ? pauseMs : INEXACT_QUIET_PERIOD_MS, this.#signal);
      pauseMs = Math.min(POLL_GROWTH * pauseMs, QUIET_PERIOD_MS / 2);
      const before = counters;
      counters = await this.#counters.read();
      // Where the counters of nodes do not fit together, that they no longer change has to do.
      const isQuiet = counters && !hasMore && countArrivals(counters) === countArrivals(before);
      if (!isExact && isQuiet) break;
    }
    return counters;
  }

  /** Waits until all messages have spread as far as they can. @throws DevnetError `not_verified` */
  async collectResult(): Promise<Pick<WorkloadResult, 'samples' | 'traffic' | 'links'>> {
    const { network, receipts, run, load } = this.#workload;
    for (const message of this.#messages) await this.waitForDelivery(message);
    const counters = await this.waitUntilIdle();
    // A node that was killed may have counted what it could not log any more.
    if (counters && this.#counters.isExact && !this.#isFullyLogged(counters)) {
      const { received } = totalCounters(counters);
      throw new DevnetError(
        'not_verified',
        `the log is incomplete: the nodes counted ${received} receipts, but only ${this.#receiptCount} are in the log`,
        { hint: 'the machine may be overloaded, or another process is sending gossip on this network' },
      );
    }
    const { key, parameters } = run;
    const samples = this.#messages.map(({ id, sender, sent }): MessageSample => {
      const outcome = toSampleReceipts(receipts.receipts(id), sender, network.addresses, load.within);
      return { kind: 'message', run: key, parameters, id, sender, sent, ...outcome };
    });
    if (counters === undefined) return { samples, traffic: {} };
    return { samples, traffic: countersByNode(counters), links: countersByLink(counters, network) };
  }

  /** Returns true if no message is under way and all receipts are in the log. */
  #isSettled(counters: CountersByNode): boolean {
    const accepted = this.#messages.filter(({ isAccepted }) => isAccepted).length;
    return this.#counters.isExact && isIdle(counters, accepted) && this.#isFullyLogged(counters);
  }

  #isFullyLogged(counters: CountersByNode): boolean {
    return this.#receiptCount >= totalCounters(counters).received;
  }

  get #receiptCount(): number {
    return this.#workload.receipts.count(this.#messages.map(({ id }) => id));
  }
}

function countArrivals(counters: CountersByNode): number {
  const { received, duplicates } = totalCounters(counters);
  return received + duplicates;
}
