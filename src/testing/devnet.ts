import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startCaptureFile } from '../capture/capture-file.ts';
import type { DumpResult } from '../diagnostics/dump.ts';
import { assertSupported, type RuntimeName } from '../network/capabilities.ts';
import type { FaultHandle } from '../network/fault.ts';
import { readGraph } from '../network/links/actual-graph.ts';
import { describeDrift, hasNoDrift } from '../network/links/drift.ts';
import type { LogEntry } from '../network/log-entry.ts';
import { DEFAULT_TIMEOUT_MS } from '../network/reconcile/link-reconciler.ts';
import { relink } from '../network/reconcile/reconcile-links.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import { assertRunning, findNode } from '../network/send-message.ts';
import { formatAddress } from '../protocol/index.ts';
import { parsePartitionCuts } from '../scenario/parse/parse-partition.ts';
import { DevnetError, describeError } from '../shared/errors.ts';
import { formatList } from '../shared/text.ts';
import { raceSignal } from '../shared/time/race-signal.ts';
import type { Link, Topology } from '../topology/index.ts';
import { ActionJournal } from './artifacts/action-journal.ts';
import { appendToErrorMessage, FailureArtifacts, printArtifacts } from './artifacts/failure-artifacts.ts';
import { describeCondition, describeLastAttempt } from './artifacts/failure-message.ts';
import { type GossipResult, gossipAndWait, type Receipt } from './gossip-and-wait.ts';
import {
  checkArgument,
  checkOptions,
  FAULT_NAMES,
  FAULT_OPTIONS,
  FUNCTION,
  GOSSIP_OPTIONS,
  JSON_VALUE,
  NETWORK_LOG_OPTIONS,
  PARTITION_OPTIONS,
  PATH,
  SIGNAL_OPTION,
  UP_OPTIONS,
  WAIT_FOR_OPTIONS,
  WAIT_OPTIONS,
} from './input/check-input.ts';
import { type MessageFaultInput, type PartitionInput, parseMessageFault } from './input/fault-input.ts';
import { assertSameNodes, loadLinks, loadTopologyInput, uniqueNetworkName } from './input/load-topology.ts';
import type {
  DevnetGraph,
  DevnetOptions,
  FaultOptions,
  GossipOptions,
  PartitionOptions,
  WaitForOptions,
  WaitOptions,
} from './input/options.ts';
import type { LinkInput, NodeNames, TopologyInput } from './input/topology-input.ts';
import { LinkHandle } from './link-handle.ts';
import { NodeHandle } from './node-handle.ts';
import type { LogFilter } from './read-log-entries.ts';
import { Session } from './session.ts';
import { START_OWNED } from './start-network.ts';

const DEFAULT_ARTIFACTS_FOLDER = '.devnet';

/**
 * A network of nodes for a test: `await using net = await Devnet.up(shapes.ring(8))`. It is taken down at the end of the
 * block, or by `down`.
 *
 * Besides the errors that each method names, whatever waits rejects with `interrupted` when the network is taken down and
 * with the signal's reason when a signal aborts. On containers it also rejects with `no_such_devnet` when somebody else removed
 * the network, and with `engine_gone` or `engine_failed` when the engine does not do its part.
 */
export class Devnet<Name extends string = string> implements AsyncDisposable {
  /** All nodes, in the topology's order. */
  readonly nodes: readonly NodeHandle<Name>[];
  /** Sentences about what was not as usual when it came up, and why, as `devnet up` prints them. Empty where all was. */
  readonly notes: readonly string[];
  readonly #session: Session;
  readonly #network: RunningNetwork;
  readonly #keepsOnFailure: boolean;

  private constructor(session: Session, keepsOnFailure: boolean, notes: readonly string[]) {
    this.notes = notes;
    this.#session = session;
    this.#network = session.network;
    this.#keepsOnFailure = keepsOnFailure;
    this.nodes = [...session.network.addresses].map(
      ([name, address]) => new NodeHandle(name as Name, formatAddress(address), session),
    );
  }

  /**
   * Brings a topology up; returns when every declared link was read back from the nodes.
   * @param source path of a topology file, the content of one as an object, or a shape
   * @throws DevnetError `usage`, `topology_invalid`, `file_unreadable`, `not_verified`, `node_died`, and what else `devnet up` fails
   *   with; UnsupportedError for what the engine cannot do. What was made is removed first, unless `onFailure` is `'keep'`
   */
  static up<const Source extends string | TopologyInput>(
    source: Source,
    options: DevnetOptions = {},
  ): Promise<Devnet<NodeNames<Source>>> {
    return Devnet.#start(source, options, true);
  }

  /**
   * Brings a topology up, runs `body` with it, and takes it down. When `body` throws, a dump of the network is written first,
   * and the error's message says where.
   * @returns what `body` returns
   * @throws what `body` throws; what `up` and `down` throw
   */
  static run<const Source extends string | TopologyInput, T>(
    source: Source,
    body: (net: Devnet<NodeNames<Source>>) => Promise<T> | T,
  ): Promise<T>;
  static run<const Source extends string | TopologyInput, T>(
    source: Source,
    options: DevnetOptions,
    body: (net: Devnet<NodeNames<Source>>) => Promise<T> | T,
  ): Promise<T>;
  static async run<const Source extends string | TopologyInput, T>(
    source: Source,
    ...rest: [Body<Source, T>] | [DevnetOptions, Body<Source, T>]
  ): Promise<T> {
    const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest;
    checkArgument('Devnet.run: the body', body, FUNCTION);
    const net = await Devnet.#start(source, options, false);
    let result: T;
    try {
      result = await body(net);
    } catch (cause) {
      await net.#session.reportFailure(cause);
      await net[Symbol.asyncDispose]().catch((failure: unknown) =>
        appendToErrorMessage(cause, [`and "${net.name}" could not be taken down: ${describeError(failure)}`]),
      );
      throw cause;
    }
    await net[Symbol.asyncDispose]();
    return result;
  }

  static async #start<const Source extends string | TopologyInput>(
    source: Source,
    options: DevnetOptions,
    reportsFailures: boolean,
  ): Promise<Devnet<NodeNames<Source>>> {
    checkOptions('Devnet.up', options, UP_OPTIONS);
    const { timeout: timeoutMs = DEFAULT_TIMEOUT_MS, signal, onFailure } = options;
    const keepOnFailure = onFailure === 'keep';
    const declared = await loadTopologyInput(source);
    const engine = options.engine ?? declared.engine ?? 'containers';
    const topology = { ...declared, name: options.name ?? uniqueNetworkName(declared.name) };
    signal?.throwIfAborted();
    if (keepOnFailure) assertSupported(engine, [{ capability: 'keep', feature: "onFailure: 'keep'" }]);
    const journal = new ActionJournal();
    const folder = (options.artifacts ?? DEFAULT_ARTIFACTS_FOLDER) || undefined;
    const artifacts = new FailureArtifacts(topology.name, journal, { folder, keepOnFailure });
    const startOptions = {
      timeoutMs,
      ...(signal ? { signal } : {}),
      keepOnFailure,
      onFailed: async (cause: unknown, network: RunningNetwork) => {
        const lines = await artifacts.report(cause, network);
        // The runner that aborted the signal shows its own error.
        if (signal?.aborted) printArtifacts(`"${topology.name}" was coming up when its signal aborted`, lines);
        else appendToErrorMessage(cause, lines);
      },
    };
    const { network, notes = [], onEnd } = await START_OWNED[engine](topology, startOptions, folder, journal);
    const said = notes.length > 0 ? { notes } : {};
    journal.add('up', { nodes: topology.nodes.length, links: topology.links.length, ...said });
    if (topology.capture && folder !== undefined) {
      const onFailure = (cause: unknown) => journal.add('capture_failed', { message: describeError(cause) });
      artifacts.capture = await startCaptureFile(network, join(folder, topology.name), onFailure);
    }
    const session = new Session(network, journal, artifacts, { timeoutMs, signal, reportsFailures, onEnd });
    return new Devnet(session, keepOnFailure, notes);
  }

  /** Name of the network, as `devnet ls` lists it. */
  get name(): string {
    return this.#network.name;
  }

  /** The runtime of the nodes. */
  get engine(): RuntimeName {
    return this.#network.runtime;
  }

  /** As declared: what was brought up, with the links of the last `relink`. */
  get topology(): Topology {
    return this.#network.topology;
  }

  /** Returns the node of a name. @throws DevnetError `no_such_node`, with the names there are */
  node(name: Name): NodeHandle<Name> {
    return findNode(this.name, this.nodes, name);
  }

  /**
   * Asks every node for its peers, and compares the graph with the declared one. A node that does not answer is in
   * `drift.down`, and no error.
   * @throws DevnetError `no_such_devnet`, `wrong_network` when nodes of another network answer; `interrupted`
   */
  async graph(options: Pick<WaitOptions, 'signal'> = {}): Promise<DevnetGraph<Name>> {
    checkOptions('graph', options, SIGNAL_OPTION);
    return this.#session.run(() => this.#readGraph(), options.signal);
  }

  /**
   * Waits until all nodes run and have exactly the declared links.
   * @throws DevnetError `usage`, `not_verified` with the differences and the last lines of the log
   */
  async converged(options: WaitOptions = {}): Promise<DevnetGraph<Name>> {
    checkOptions('converged', options, WAIT_OPTIONS);
    return this.#session.run(() => this.#waitUntilConverged(options), options.signal);
  }

  async #waitUntilConverged(options: WaitOptions): Promise<DevnetGraph<Name>> {
    const accept = ({ drift }: DevnetGraph<Name>) => hasNoDrift(drift);
    const outcome = await this.#session.poll(() => this.#readGraph(), accept, options);
    if (outcome.met) return outcome.value;
    const { last, failure } = outcome;
    const reason = failure === undefined ? 'the nodes did not answer in time' : describeError(failure);
    const seen = last ? describeDrift(last.drift) : [`it could not be read: ${reason}`];
    throw await this.#session.timeoutError('the graph to match the topology', seen, options, failure);
  }

  /**
   * Calls a condition until it returns something truthy. A condition that throws, as an assertion does, is tried again.
   * @returns what the condition returned
   * @throws DevnetError `usage`, `not_verified` with what was seen last, the drift of the graph, and the last lines of the log
   */
  async waitFor<T>(condition: (net: this) => Promise<T> | T, options: WaitForOptions = {}): Promise<Truthy<T>> {
    checkOptions('waitFor', options, WAIT_FOR_OPTIONS);
    checkArgument('waitFor: the condition', condition, FUNCTION);
    return this.#session.run(() => this.#waitFor(condition, options), options.signal);
  }

  async #waitFor<T>(condition: (net: this) => Promise<T> | T, options: WaitForOptions): Promise<Truthy<T>> {
    const look = () => this.#session.runCondition(() => condition(this));
    const outcome = await this.#session.poll<T>(look, Boolean, options);
    if (outcome.met) return outcome.value as Truthy<T>;
    const seen = [`last seen: ${describeLastAttempt(outcome)}`, ...(await this.#describeDrift())];
    throw await this.#session.timeoutError(describeCondition(condition), seen, options, outcome.failure);
  }

  /**
   * Publishes a gossip message at a node, and waits until every running node has received it.
   * @param data any JSON
   * @throws DevnetError `usage`, `no_such_node`, `node_unreachable` when `from` does not run or refuses the message,
   *   `not_verified` with the nodes that did not receive it and the last lines of the log
   */
  async gossip(from: Name, data?: unknown, options: GossipOptions<Name> = {}): Promise<GossipResult<Name>> {
    checkOptions('gossip', options, GOSSIP_OPTIONS);
    checkArgument('gossip: the data', data, JSON_VALUE);
    for (const name of [from, ...(options.to ?? [])]) this.node(name);
    return this.#session.run((signal) => this.#gossip(from, data, options, signal), options.signal);
  }

  async #gossip(
    from: Name,
    data: unknown,
    options: GossipOptions<Name>,
    signal: AbortSignal,
  ): Promise<GossipResult<Name>> {
    const { id = randomUUID(), timeout: timeoutMs = this.#session.timeoutMs } = options;
    const nodes = await raceSignal(this.#network.nodes(), signal);
    assertRunning(findNode(this.name, nodes, from));
    const running = nodes.filter(({ state }) => state === 'running').map(({ name }) => name);
    const to: readonly string[] = options.to ?? running;
    const gossip = { id, data };
    this.#session.journal.add('send', { to: from, message_type: 'gossip', payload: gossip });
    const collector = await raceSignal(this.#session.collectReceipts(), signal);
    const wait = { timeoutMs, signal };
    const { receipts, missing } = await gossipAndWait(this.#network, collector, from, gossip, to, wait);
    if (missing.length === 0) return { id, receipts: receipts as Receipt<Name>[], reached: receipts.length };
    const seen = `received by ${to.length - missing.length} of ${to.length}, not by ${formatList(missing)}`;
    const awaited = `gossip from ${from} to reach ${formatList(to)}`;
    throw await this.#session.timeoutError(awaited, [seen], { timeout: timeoutMs });
  }

  /**
   * Reads the merged log and follows it, until the loop is left, `signal` aborts or the network is down; none of these is an
   * error.
   * @throws DevnetError, from the first step of the loop on: `usage`, `no_such_node`, `no_such_devnet`, `engine_gone`,
   *   `engine_failed`; `interrupted` when the network is down before
   */
  async *logs(options: LogFilter<Name> = {}): AsyncGenerator<LogEntry, void, undefined> {
    checkOptions('logs', options, NETWORK_LOG_OPTIONS);
    for (const name of options.nodes ?? []) this.node(name);
    yield* this.#session.logs(options);
  }

  /**
   * Replaces the links. Nodes get add_peer and remove_peer for the difference, and none is restarted; a node that does not
   * run gets its new peers when it is started.
   * @param target links as a topology has them or as `{ from, to }`; or a topology of the same nodes, of which only the links
   *   are used
   * @throws DevnetError `usage` when the nodes differ, `topology_invalid`, `file_unreadable`, `not_verified`; `name_taken` while
   *   somebody else changes the network
   */
  async relink(
    target: string | TopologyInput | readonly (Link | LinkInput)[],
    options: WaitOptions = {},
  ): Promise<void> {
    checkOptions('relink', options, WAIT_OPTIONS);
    const { timeout: timeoutMs = this.#session.timeoutMs } = options;
    const { nodes, links } = await loadLinks(this.topology, target);
    assertSameNodes(this.topology, { nodes, links });
    await this.#session.run((signal) => {
      this.#session.journal.add('relink', { links: links.length });
      return relink(this.#network, links, { timeoutMs, signal });
    }, options.signal);
  }

  /**
   * Drops everything between groups of nodes until the fault is healed. Connections stay open, and nothing arrives.
   * @param groups groups, or a preset: `halves`, `one-alone`, `bridge`, `majorities-ring`
   * @throws UnsupportedError on the `process` engine; DevnetError `usage`, `links_failed`
   */
  async partition(groups: PartitionInput<Name>, options: PartitionOptions = {}): Promise<FaultHandle> {
    checkOptions('partition', options, PARTITION_OPTIONS);
    const cuts = parsePartitionCuts(this.topology, groups, options);
    return this.#session.inject({ kind: 'partition', cuts }, options);
  }

  /**
   * Returns the link between two nodes: `net.link('n1', 'n2').set({ delay: '80ms' })`, `.cut()`.
   * @throws DevnetError `no_such_node`, `usage` for a node and itself
   */
  link(a: Name, b: Name): LinkHandle {
    this.#assertPair('link', a, b);
    return new LinkHandle((fault, options) => this.#session.inject(fault, options), a, b);
  }

  /**
   * Drops, delays, duplicates, reorders or corrupts messages from one node to another.
   * @throws UnsupportedError on the `process` engine; DevnetError `no_such_node`, `usage`, `links_failed`
   */
  async messages(from: Name, to: Name, fault: MessageFaultInput, options: FaultOptions = {}): Promise<FaultHandle> {
    checkOptions('messages', options, FAULT_OPTIONS);
    this.#assertPair('messages', from, to);
    return this.#session.inject({ from, to, ...parseMessageFault(fault) }, options);
  }

  /**
   * Heals faults, by name or all: links have their declared conditions again, nodes run with their declared limits and have
   * their peers. The name of a node stands for what was done to it.
   * @returns healed faults and nodes by name, links that had other conditions as `a <-> b`
   * @throws DevnetError `no_such_fault`, `links_failed`; `node_silent`, `node_unreachable` or `not_verified` for a node that does
   *   not come back with its peers
   */
  async heal(names?: string | readonly string[]): Promise<string[]> {
    checkArgument('heal: what to heal', names, FAULT_NAMES);
    const healed = await this.#session.run(() => this.#network.heal(names === undefined ? names : [names].flat()));
    for (const fault of healed.names) this.#session.journal.add('fault_healed', { fault });
    if (healed.links.length > 0) this.#session.journal.add('links_reset', { links: healed.links });
    return [...healed.names, ...healed.links];
  }

  /**
   * Writes a dump of the network: what was declared, its status, pictures, logs, and what the test did to it. Parts that
   * cannot be had are listed in the result.
   * @param folder path of the folder. @default a new one below the artifacts
   * @throws DevnetError `no_such_devnet` when the network is down; `file_unwritable`, `disk_full` when the folder cannot be made
   */
  async dump(folder?: string): Promise<DumpResult> {
    if (folder !== undefined) checkArgument('dump: the folder', folder, PATH);
    return this.#session.dump(folder);
  }

  /**
   * Takes the network down; everything that waits rejects. Does nothing the second time.
   * @throws DevnetError `links_failed`, `network_stuck`, `engine_gone`, `engine_failed`; `devnet down NAME` removes the rest
   */
  down(): Promise<void> {
    return this.#session.down();
  }

  /** Takes the network down, unless something failed and `onFailure` is `'keep'`. @throws what `down` throws */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.dispose(this.#keepsOnFailure);
  }

  #assertPair(call: string, a: Name, b: Name): void {
    for (const name of [a, b]) this.node(name);
    if (a === b) throw new DevnetError('usage', `${call}: a link joins two nodes, not ${a} and itself`);
  }

  async #readGraph(): Promise<DevnetGraph<Name>> {
    const { nodes, ...graph } = await readGraph(this.#network);
    const described = nodes.map(({ name, state, host, port }) => ({
      name: name as Name,
      state,
      address: formatAddress({ host, port }),
    }));
    return { nodes: described, ...graph };
  }

  /** Describes the drift for a failure that is about something else. */
  async #describeDrift(): Promise<string[]> {
    try {
      return describeDrift((await this.#readGraph()).drift);
    } catch (cause) {
      return [`the graph could not be read: ${describeError(cause)}`];
    }
  }
}

type Body<Source extends string | TopologyInput, T> = (net: Devnet<NodeNames<Source>>) => Promise<T> | T;

/** The values of a condition that end a wait. */
type Truthy<T> = Exclude<Awaited<T>, false | null | undefined | 0 | ''>;
