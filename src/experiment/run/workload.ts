import { setTimeout as delay } from 'node:timers/promises';
import type { NetworkState } from '../../controller/state/network-state.ts';
import type { Dialer } from '../../network/dialer.ts';
import { currentLogTime } from '../../network/log-entry.ts';
import { DevnetError } from '../../shared/errors.ts';
import { graphOf, hopsFrom } from '../../topology/index.ts';
import type { FaultPeriod, GossipCounters, LinkTraffic, MessageSample } from '../metrics/samples.ts';
import type { Run, WorkloadOptions } from '../plan/experiment.ts';
import { CounterTracker } from './counter-tracker.ts';
import type { FaultTimeline } from './fault-timeline.ts';
import { countersByLink, countersByNode, isIdle, type NodeCounters, readCounters } from './node-counters.ts';
import { type NodeAddress, publishGossip } from './publish-gossip.ts';
import { type ReceiptLog, toMessageReceipts } from './receipt-log.ts';

/** When nothing has come for so long, the nodes are asked whether anything is still under way, milliseconds. */
const QUIET_PERIOD_MS = 400;
/** How long what is under way at the end of a run may take to arrive and to be logged, milliseconds. */
const SETTLE_TIMEOUT_MS = 2_000;

/** A running network that news can be spread on. */
export interface WorkloadTarget {
  network: NetworkState;
  dialer: Dialer;
  receipts: ReceiptLog;
  /** Begins with what the run does to the network, with nodes asked what they counted before they end. */
  startFaults: (counting: CounterTracker) => Promise<FaultTimeline>;
  /** Told how many of the messages that count have been sent. */
  onMessageSent: (done: number) => void;
}

/** What came of a run. */
export interface WorkloadResult {
  samples: MessageSample[];
  /** By node; empty where some node does not count. */
  traffic: Record<string, GossipCounters>;
  /** Absent where the traffic is empty. */
  links?: LinkTraffic[];
  /** ISO 8601, UTC. */
  startedAt: string;
  faults: FaultPeriod[];
}

/** What all pieces of a run share. */
interface WorkloadContext {
  target: WorkloadTarget;
  counters: CounterTracker;
  addresses: readonly NodeAddress[];
  run: Run;
  load: WorkloadOptions;
  /** Of the ids. */
  idPrefix: string;
}

type CountersByNode = ReadonlyMap<string, NodeCounters>;

/** A piece of gossip under way. */
interface InFlightMessage {
  id: string;
  sender: string;
  sentAt: string;
  /** Milliseconds since the epoch. */
  deadlineMs: number;
  /** False where the sender was not there to be told. */
  accepted: boolean;
}

/**
 * Spreads the gossip of a run, with what is done to the network meanwhile, and waits until each piece has come as far as it
 * goes. Then all faults are taken back.
 * @param prefix of the ids, not used before on this network: nodes know again what they have had
 * @throws DevnetError `node_unreachable` where nothing was done to the network; `not_verified` when the log does not hold
 *   what the nodes counted; what faults fail with
 */
export async function runWorkload(
  stage: WorkloadTarget,
  run: Run,
  load: WorkloadOptions,
  prefix: string,
  signal: AbortSignal,
): Promise<WorkloadResult> {
  const addresses = stage.network.nodes.map(({ name, address, port }) => ({ node: name, host: address, port }));
  const counting = new CounterTracker((some) => readCounters(stage.dialer, some), addresses);
  const round: WorkloadContext = { target: stage, counters: counting, addresses, run, load, idPrefix: prefix };
  const warm = new InFlightMessages(round, signal);
  await counting.start();
  for (const sender of run.origins.slice(0, load.warmup)) await warm.waitForDelivery(await warm.send(sender));
  // A link that did not outlive the change from the run before shows here, where it does no harm.
  await warm.waitUntilIdle();

  const timeline = await stage.startFaults(counting);
  try {
    const both = AbortSignal.any([signal, timeline.failed]);
    const spreading = new InFlightMessages(round, both, load.warmup);
    await counting.start();
    for (const [index, sender] of run.origins.slice(load.warmup).entries()) {
      if (load.every !== undefined) await spreading.waitUntil(timeline.startedAtMs + index * load.every);
      const piece = await spreading.send(sender);
      stage.onMessageSent(index + 1);
      if (load.every === undefined) await spreading.waitForDelivery(piece);
    }
    const result = await spreading.collectResult();
    return { ...result, startedAt: new Date(timeline.startedAtMs).toISOString(), faults: await timeline.stop() };
  } catch (cause) {
    // What cannot be taken back counts for less than why the run failed, and the next has other nodes.
    await timeline.stop().catch(() => {});
    throw cause;
  }
}

/** Pieces of gossip under way on a network. */
class InFlightMessages {
  readonly #target: WorkloadTarget;
  readonly #counters: CounterTracker;
  readonly #addresses: readonly NodeAddress[];
  readonly #run: Run;
  readonly #load: WorkloadOptions;
  readonly #idPrefix: string;
  readonly #signal: AbortSignal;
  readonly #firstIndex: number;
  readonly #reachableNodes: ReadonlyMap<string, number>;
  readonly #messages: InFlightMessage[] = [];

  /** @param first pieces of the run that came before these */
  constructor(
    { target: stage, counters: counting, addresses, run, load, idPrefix: prefix }: WorkloadContext,
    signal: AbortSignal,
    first = 0,
  ) {
    this.#target = stage;
    this.#counters = counting;
    this.#addresses = addresses;
    this.#run = run;
    this.#load = load;
    this.#idPrefix = prefix;
    this.#signal = signal;
    this.#firstIndex = first;
    const graph = graphOf(run.topology);
    this.#reachableNodes = new Map(run.origins.map((origin) => [origin, hopsFrom(graph, origin).size]));
  }

  /** @param moment milliseconds since the epoch */
  async waitUntil(moment: number): Promise<void> {
    const due = moment - Date.now();
    if (due > 0) await delay(due, undefined, { signal: this.#signal }).catch(() => this.#signal.throwIfAborted());
  }

  async send(sender: string): Promise<InFlightMessage> {
    this.#signal.throwIfAborted();
    const id = `${this.#idPrefix}-${this.#firstIndex + this.#messages.length + 1}`;
    const piece: InFlightMessage = {
      id,
      sender,
      sentAt: currentLogTime(),
      deadlineMs: Date.now() + this.#load.within,
      accepted: true,
    };
    this.#messages.push(piece);
    const address = this.#addresses.find(({ node }) => node === sender)!;
    try {
      await publishGossip(this.#target.dialer, address, { id, data: 'x'.repeat(this.#load.size) });
    } catch (cause) {
      // With nodes that are killed or frozen on purpose, that one is not there is a finding, and no failure.
      if (!this.#run.faults || !(cause instanceof DevnetError && cause.code === 'node_unreachable')) throw cause;
      piece.accepted = false;
    }
    return piece;
  }

  /** Waits until a piece is wherever a link leads, nothing is under way any more, or its time is over. */
  async waitForDelivery({ id, sender, deadlineMs: deadline, accepted: told }: InFlightMessage): Promise<void> {
    const { receipts } = this.#target;
    while (told && receipts.get(id).length < this.#reachableNodes.get(sender)! && Date.now() < deadline) {
      if (await receipts.waitForReceipt(Math.min(QUIET_PERIOD_MS, deadline - Date.now()), this.#signal)) continue;
      const counted = Date.now() < deadline ? await this.#counters.read() : undefined;
      if (counted && this.#isSettled(counted) && !hasAnnouncements(counted)) return;
    }
  }

  /** Waits for the duplicates as well. @returns what was counted; undefined where nodes do not count */
  async waitUntilIdle(): Promise<Map<string, NodeCounters> | undefined> {
    const deadline = Date.now() + SETTLE_TIMEOUT_MS;
    let counted = await this.#counters.read();
    while (counted && !this.#isSettled(counted) && Date.now() < deadline) {
      const came = await this.#target.receipts.waitForReceipt(
        this.#counters.isExact ? QUIET_PERIOD_MS / 4 : QUIET_PERIOD_MS,
        this.#signal,
      );
      const before = counted;
      counted = await this.#counters.read();
      // Where counts do not fit together, that they stay as they are has to do.
      if (!this.#counters.isExact && !came && counted && countArrivals(counted) === countArrivals(before)) break;
    }
    return counted;
  }

  /** What became of all pieces, once they have come as far as they go. @throws DevnetError `not_verified` */
  async collectResult(): Promise<Pick<WorkloadResult, 'samples' | 'traffic' | 'links'>> {
    const { receipts } = this.#target;
    for (const piece of this.#messages) await this.waitForDelivery(piece);
    const counted = await this.waitUntilIdle();
    // A node may have counted what it had no time to log when it was killed, and have logged what nobody asked it for.
    if (counted && this.#counters.isExact && !this.#isFullyLogged(counted))
      throw incompleteLogError(counted, receipts.count(this.#ids()));
    const nodes = new Map(this.#addresses.map(({ node, host }) => [node, host]));
    const { key, parameters } = this.#run;
    const samples = this.#messages.map(({ id, sender, sentAt: sent }): MessageSample => {
      const { receipts: list, never } = toMessageReceipts(receipts.get(id), sender, nodes, this.#load.within);
      return { kind: 'message', run: key, parameters, id, sender, sent, receipts: list, never };
    });
    if (counted === undefined) return { samples, traffic: {} };
    return { samples, traffic: countersByNode(counted), links: countersByLink(counted, this.#addresses) };
  }

  /** Nothing moves, and the log has told all of it. */
  #isSettled(counted: CountersByNode): boolean {
    const told = this.#messages.filter((piece) => piece.accepted).length;
    return this.#counters.isExact && isIdle(counted, told) && this.#isFullyLogged(counted);
  }

  #isFullyLogged(counted: CountersByNode): boolean {
    return this.#target.receipts.count(this.#ids()) >= countReceived(counted);
  }

  #ids(): string[] {
    return this.#messages.map(({ id }) => id);
  }
}

/** Nobody counts the announcements that came, so that nobody can tell whether some are still under way. */
const hasAnnouncements = (counts: CountersByNode): boolean =>
  [...counts.values()].some(({ announced }) => announced > 0);

const countArrivals = (counts: CountersByNode): number =>
  [...counts.values()].reduce((sum, { received, duplicates }) => sum + received + duplicates, 0);

const countReceived = (counts: CountersByNode): number =>
  [...counts.values()].reduce((sum, { received }) => sum + received, 0);

function incompleteLogError(counts: CountersByNode, found: number): DevnetError {
  return new DevnetError(
    'not_verified',
    `the nodes counted ${countReceived(counts)} receipts, and ${found} of them are in the log`,
    { hint: 'the machine may be too busy, or somebody else sends gossip on this devnet' },
  );
}
