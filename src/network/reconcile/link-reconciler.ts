import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import pLimit from 'p-limit';
import { formatAddress } from '../../protocol/index.ts';
import { DevnetError } from '../../shared/errors.ts';
import { createGate, type Gate } from '../../shared/time/gate.ts';
import type { Link } from '../../topology/model/topology.ts';
import { type Drift, findDrift, hasNoDrift, NO_DRIFT } from '../links/drift.ts';
import type { NodeReport } from '../links/node-report.ts';
import { namesByAddress } from '../node-names.ts';
import { createPeerControl } from '../peer-control/create-peer-control.ts';
import type { PeerChangeResult, PeerControl } from '../peer-control/peer-control.ts';
import type { NodeAddress, RunningNetwork, RunningNode } from '../running-network.ts';
import type { PlannedPeerChange } from './link-changes.ts';

/** Time for one dial, milliseconds. The kernel alone would wait twice as long after each lost packet. */
const DIAL_TIMEOUT_MS = 1_000;
/** Shortest and longest pause between two tries at the same thing, milliseconds. */
const MIN_RETRY_DELAY_MS = 20;
const MAX_RETRY_DELAY_MS = 250;
/** Growth of the pause between questions for a node's peers. Links that are about to connect are not noticed before the next. */
const QUESTION_DELAY_GROWTH = 1.25;
/** From a node's start to the first dial, milliseconds. Earlier dials take time from nodes that are still starting. */
const FIRST_DIAL_DELAY_MS = 100;
/** From the last change of a node to the first question for its peers, milliseconds: links take a moment to stand. */
export const FIRST_LIST_DELAY_MS = 60;
/**
 * Nodes that are asked for their peers at the same time. The others wait for their turn, so that no node of a large network is
 * asked again before all were asked once: the machine is busy with the links by then, and each question takes time from them.
 */
const MAX_PARALLEL_QUESTIONS = 64;
/** Time without progress for nodes to listen and for links to stand, milliseconds. */
export const DEFAULT_TIMEOUT_MS = 30_000;
/** Time without progress after which links that were dialed and do not stand are looked into, milliseconds; half the timeout, if that is less. */
const STALL_TIME_MS = 5_000;

export interface LinkReconcilerOptions {
  network: Pick<RunningNetwork, 'dialer' | 'addresses'>;
  /** The links that nodes should have. */
  links: readonly Link[];
  /** Nodes that do not listen yet: changes to them, and of links to them, wait for `waitUntilListening`. @default none */
  starting?: Iterable<string>;
  /** Nodes and their states: links to those that do not run need not be connected. @default all run */
  nodes?: readonly RunningNode[];
  /** Looks the states up again when a node does not answer. */
  readNodes?: () => Promise<readonly RunningNode[]>;
  /**
   * Called once when links do not connect for a while, to remove what may be in their way. Their time begins anew where it returns
   * true, which means that there was something.
   */
  onStalled?: (() => Promise<boolean>) | undefined;
  signal?: AbortSignal | undefined;
}

export interface ConvergeOptions {
  /** Milliseconds without progress of any node. */
  timeoutMs: number;
  /** Pause before the node is first asked, milliseconds. @default 0 */
  firstDelayMs?: number;
  /** Pause after it was first asked, milliseconds; the next ones are longer. @default twice the first delay, 20 at least */
  retryDelayMs?: number;
  /** `'listed'` accepts links that are not connected, and leaves links that are not declared. @default 'connected' */
  until?: 'connected' | 'listed';
  /** Has the node ping its peers first, so that it notices connections whose other end is gone. @default false */
  measureRoundTrips?: boolean;
  /** Sent once to a node that cannot list its peers, which is then taken at its word. @default none */
  blindChanges?: readonly PlannedPeerChange[];
}

/**
 * Makes the peers of nodes equal the declared links: sends changes, reads the peers back, and sends what is still missing.
 *
 * A timeout is time without progress: it starts again whenever any node listens or comes closer to its links. A network that is
 * large for its machine is slow, but not stuck.
 */
export class LinkReconciler {
  readonly #network: LinkReconcilerOptions['network'];
  readonly #readNodes: LinkReconcilerOptions['readNodes'];
  readonly #signal: AbortSignal | undefined;
  readonly #names: ReadonlyMap<string, string>;
  readonly #links = new Map<string, Link[]>();
  readonly #starting: ReadonlyMap<string, Gate>;
  readonly #controls = new Map<string, PeerControl>();
  readonly #limit = pLimit(MAX_PARALLEL_QUESTIONS);
  #stopped = new Set<string>();
  #onStalled: (() => Promise<boolean>) | undefined;
  /** Time of the last progress of any node, on the monotonic clock. */
  #progressedAt = performance.now();

  constructor({ network, links, starting = [], nodes = [], readNodes, onStalled, signal }: LinkReconcilerOptions) {
    this.#network = network;
    this.#readNodes = readNodes;
    this.#onStalled = onStalled;
    this.#signal = signal && AbortSignal.any([signal]);
    if (this.#signal) setMaxListeners(0, this.#signal); // One listener for each node that waits.
    this.#names = namesByAddress(network);
    for (const name of network.addresses.keys()) this.#links.set(name, []);
    for (const link of links) this.#links.get(link.from)?.push(link);
    this.#starting = new Map([...starting].map((name) => [name, createGate()]));
    this.#setNodes(nodes);
  }

  /**
   * Dials a node until it accepts.
   * @param justStarted the node has yet to load its program
   * @returns false when it did not accept within `timeoutMs`
   */
  async waitUntilListening(node: string, timeoutMs: number, justStarted = false): Promise<boolean> {
    const startedAt = performance.now();
    if (justStarted) await this.#wait(FIRST_DIAL_DELAY_MS);
    for (
      let delay = justStarted ? FIRST_DIAL_DELAY_MS / 2 : MIN_RETRY_DELAY_MS;
      ;
      delay = Math.min(delay * 1.5, MAX_RETRY_DELAY_MS)
    ) {
      this.#signal?.throwIfAborted();
      const left = this.#timeLeft(startedAt, timeoutMs);
      if (left <= 0) return false;
      if (await this.#controlOf(node).connect(Math.min(left, DIAL_TIMEOUT_MS))) break;
      await this.#wait(delay);
    }
    this.#progressedAt = performance.now();
    this.#starting.get(node)?.open();
    return true;
  }

  /**
   * Sends changes to a node in one go, as soon as it and all peers to add listen, so that its first dials succeed.
   * @param timeoutMs milliseconds for the node to accept them
   * @throws DevnetError `not_verified` when the node refuses a change, `node_unreachable`
   */
  async apply(node: string, changes: readonly PlannedPeerChange[], timeoutMs: number): Promise<void> {
    const peers = changes.flatMap(({ type, to }) => (type === 'add' ? to : []));
    await Promise.all([node, ...peers].map((name) => this.#starting.get(name)?.opened));
    await this.#sendUntilReached(node, changes, timeoutMs);
  }

  /**
   * Asks a node for its peers and sends it what is still to change, until nothing is or the time passes.
   * @returns what the node said last, and how that differs from the links that it should have
   * @throws DevnetError `not_verified` when the node refuses a change
   */
  async converge(
    node: string,
    {
      timeoutMs,
      firstDelayMs = 0,
      retryDelayMs = Math.max(MIN_RETRY_DELAY_MS, 2 * firstDelayMs),
      until = 'connected',
      measureRoundTrips = false,
      blindChanges = [],
    }: ConvergeOptions,
  ): Promise<{ report: NodeReport; drift: Drift }> {
    const startedAt = performance.now();
    let fewest = Number.POSITIVE_INFINITY;
    if (firstDelayMs > 0) await this.#wait(firstDelayMs);
    for (let delay = retryDelayMs; ; delay = Math.min(QUESTION_DELAY_GROWTH * delay, MAX_RETRY_DELAY_MS)) {
      const result = await this.#limit(async () => {
        this.#signal?.throwIfAborted();
        const report = await this.#controlOf(node).list({ measureRoundTrips });
        if (report.source === 'down' && this.#readNodes) this.#setNodes(await this.#readNodes());
        const drift = this.#driftOf(node, report, until);
        if (report.source === 'none') await this.#send(node, blindChanges);
        if (report.source !== 'down') {
          const differences = drift.missing.length + drift.broken.length + drift.extra.length;
          const isFirst = fewest === Number.POSITIVE_INFINITY;
          if (isFirst ? differences === 0 : differences < fewest) this.#progressedAt = performance.now();
          fewest = Math.min(fewest, differences);
          if (drift.broken.length > 0) await this.#lookIntoStall(startedAt, timeoutMs);
        }
        const isLast = hasNoDrift(drift) || this.#timeLeft(startedAt, timeoutMs) <= 0;
        if (!isLast)
          await this.#send(node, [
            ...drift.missing.map(({ to }): PlannedPeerChange => ({ type: 'add', to })),
            ...drift.extra.map(({ to }): PlannedPeerChange => ({ type: 'remove', to })),
          ]);
        return { report, drift, isLast };
      });
      if (result.isLast) return result;
      await this.#wait(delay);
    }
  }

  async #lookIntoStall(startedAt: number, timeoutMs: number): Promise<void> {
    const handle = this.#onStalled;
    const timeLeftMs = this.#timeLeft(startedAt, timeoutMs);
    if (handle === undefined || timeLeftMs > timeoutMs - Math.min(STALL_TIME_MS, timeoutMs / 2)) return;
    this.#onStalled = undefined;
    if (await handle()) this.#progressedAt = performance.now();
  }

  /** Has a node close its connections to some peers and dial them anew, once they listen. */
  async reconnect(node: string, peers: readonly string[]): Promise<void> {
    await Promise.all([node, ...peers].map((name) => this.#starting.get(name)?.opened));
    const changes = (type: PlannedPeerChange['type']) => peers.map((to): PlannedPeerChange => ({ type, to }));
    const removed = await this.#request(node, changes('remove'));
    // A peer that the node did not remove keeps its connection. One that it may have removed has to be added.
    const gone = changes('add').filter((_, index) => ['accepted', 'unanswered'].includes(removed[index]?.status ?? ''));
    await this.#request(node, gone);
  }

  close(): void {
    for (const control of this.#controls.values()) control.close();
  }

  #driftOf(node: string, report: NodeReport, until: 'connected' | 'listed'): Drift {
    if (this.#stopped.has(node)) return NO_DRIFT;
    const drift = findDrift(this.#links.get(node) as Link[], this.#names, [report]);
    if (until === 'listed') return { ...drift, broken: [], extra: [] };
    // A link to a node that does not run cannot stand.
    return { ...drift, broken: drift.broken.filter(({ to }) => !this.#stopped.has(to)) };
  }

  #setNodes(nodes: readonly RunningNode[]): void {
    this.#stopped = new Set(nodes.flatMap(({ name, state }) => (state === 'running' ? [] : [name])));
  }

  async #sendUntilReached(node: string, changes: readonly PlannedPeerChange[], timeoutMs: number): Promise<void> {
    const startedAt = performance.now();
    let left = changes;
    for (let delay = MIN_RETRY_DELAY_MS; ; delay = Math.min(delay * 1.5, MAX_RETRY_DELAY_MS)) {
      const results = await this.#send(node, left);
      left = left.filter((_, index) => results[index]?.status === 'unreachable');
      if (left.length === 0) return;
      // It listened before. If it died, whoever watches the node says so.
      if (this.#timeLeft(startedAt, timeoutMs) <= 0) {
        const reasons = results.flatMap((result) => (result.status === 'unreachable' ? result.reason : []));
        throw new DevnetError('node_unreachable', `${node} no longer accepts connections: ${reasons[0]}`);
      }
      await this.#wait(delay);
    }
  }

  /** Sends changes once. @throws DevnetError `not_verified` for one that the node refuses */
  async #send(node: string, changes: readonly PlannedPeerChange[]): Promise<PeerChangeResult[]> {
    const results = await this.#request(node, changes);
    for (const [index, result] of results.entries()) {
      if (result.status === 'refused')
        throw this.#refusedError(node, changes[index] as PlannedPeerChange, result.reason);
    }
    return results;
  }

  #request(node: string, changes: readonly PlannedPeerChange[]): Promise<PeerChangeResult[]> {
    return this.#controlOf(node).change(changes.map((change) => ({ ...change, address: this.#addressOf(change) })));
  }

  #refusedError(node: string, change: PlannedPeerChange, reason: unknown): DevnetError {
    const message = `${node} refused ${change.type}_peer "${this.#addressOf(change)}" (${change.to}): ${JSON.stringify(reason)}`;
    const hint = `a node that knows no remove_peer keeps its links: remove ${node} from the file, up, and put it back`;
    return new DevnetError('not_verified', message, change.type === 'remove' ? { hint } : {});
  }

  #addressOf({ to, address }: PlannedPeerChange): string {
    const node = this.#network.addresses.get(to);
    return address ?? (node ? formatAddress(node) : to);
  }

  #controlOf(node: string): PeerControl {
    const known = this.#controls.get(node);
    if (known) return known;
    const address = this.#network.addresses.get(node) as NodeAddress;
    const control = createPeerControl({ name: node, ...address }, this.#network.dialer, this.#network.addresses);
    this.#controls.set(node, control);
    return control;
  }

  /** Returns the milliseconds until something that began at `startedAt` times out. */
  #timeLeft(startedAt: number, timeoutMs: number): number {
    return Math.ceil(Math.max(startedAt, this.#progressedAt) + timeoutMs - performance.now());
  }

  #wait(milliseconds: number): Promise<void> {
    return wait(milliseconds, undefined, this.#signal ? { signal: this.#signal } : {});
  }
}
