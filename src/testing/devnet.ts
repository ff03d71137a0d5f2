import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { DumpResult } from '../diagnostics/dump.ts';
import { assertSupported, type RuntimeName } from '../network/capabilities.ts';
import { describeDrift, hasNoDrift } from '../network/drift.ts';
import type { Fault, FaultHandle } from '../network/fault.ts';
import { readGraph } from '../network/graph.ts';
import { reconcileLinks } from '../network/link-reconciler.ts';
import type { LogEntry } from '../network/log-entry.ts';
import { ReceiptCollector } from '../network/receipt-collector.ts';
import type { RunningNetwork, RunningNode, StartFailureHandler } from '../network/running-network.ts';
import { assertRunning, findNode } from '../network/send-message.ts';
import { formatAddress } from '../protocol/index.ts';
import { startContainerNetwork } from '../runtimes/containers/container-network.ts';
import { startProcessNetwork } from '../runtimes/process/process-network.ts';
import { cutsBetween } from '../scenario/model/partition-presets.ts';
import { DevnetError, describeError } from '../shared/errors.ts';
import { type PollResult, poll } from '../shared/poll.ts';
import { raceSignal } from '../shared/race-signal.ts';
import { formatList } from '../shared/text.ts';
import type { Link, Topology } from '../topology/index.ts';
import { ActionJournal } from './action-journal.ts';
import { appendToErrorMessage, FailureArtifacts, isNetworkFailure } from './artifacts.ts';
import { describeCondition, describeLastAttempt } from './failure-message.ts';
import { type GossipResult, gossipAndWait, type Receipt } from './gossip-and-wait.ts';
import { type LinkFaultOptions, LinkHandle } from './link-handle.ts';
import { assertSameNodes, loadTopologyInput, uniqueNetworkName } from './load-topology.ts';
import { readLogExcerpt } from './log-excerpt.ts';
import { type NodeContext, NodeHandle, type WaitOptions } from './node-handle.ts';
import type { DevnetGraph, DevnetOptions, GossipOptions, MessageFaultInput, WaitForOptions } from './options.ts';
import { type LogFilter, readLogEntries } from './read-log-entries.ts';
import type { NodeNames, TopologyInput } from './topology-input.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_POLL_INTERVAL_MS = 50;
const DEFAULT_ARTIFACTS_FOLDER = '.devnet';

interface DevnetContext {
  keepOnFailure: boolean;
  journal: ActionJournal;
  failureArtifacts: FailureArtifacts;
  reportsFailures: boolean;
}

/**
 * A network of nodes that runs for a test: `await using net = await Devnet.up(shapes.ring(8))`. Its end, or `down`, leaves
 * nothing behind.
 */
export class Devnet<Name extends string = string> implements AsyncDisposable {
  readonly nodes: readonly NodeHandle<Name>[];
  readonly #network: RunningNetwork;
  readonly #timeout: number;
  readonly #keepOnFailure: boolean;
  readonly #journal: ActionJournal;
  readonly #failureArtifacts: FailureArtifacts;
  /** Whether what is waited for in vain is a failure at once; else it is when the test's body does not catch it. */
  readonly #reportsFailures: boolean;
  /** What a condition does is looking: that it fails is no failure yet. */
  readonly #inCondition = new AsyncLocalStorage<true>();
  readonly #context: NodeContext;
  /** Aborts when the devnet is taken down: nothing is waited for any longer. */
  readonly #downController: AbortController;
  readonly #receipts = new ReceiptCollector();
  #hasFailed = false;
  #down: Promise<void> | undefined;

  private constructor(
    backend: RunningNetwork,
    nodes: readonly RunningNode[],
    over: AbortController,
    options: DevnetContext & { signal: AbortSignal; timeout: number },
  ) {
    this.#network = backend;
    this.#downController = over;
    this.#timeout = options.timeout;
    this.#keepOnFailure = options.keepOnFailure;
    this.#journal = options.journal;
    this.#failureArtifacts = options.failureArtifacts;
    this.#reportsFailures = options.reportsFailures;
    const signal = (own?: AbortSignal) => (own ? AbortSignal.any([options.signal, own]) : options.signal);
    const { journal, timeout } = options;
    const failing = <T>(work: Promise<T>) => this.#reportFailure(work);
    this.#context = { network: backend, journal, timeoutMs: timeout, anySignal: signal, reportFailure: failing };
    this.nodes = nodes.map(
      ({ name, host, port }) => new NodeHandle(name as Name, formatAddress({ host, port }), this.#context),
    );
  }

  /**
   * Brings a topology up, and returns when every declared link is seen in the nodes' own answers.
   * @param source the path of a topology file, what such a file holds as an object, or a shape
   * @throws DevnetError `topology_invalid`, `file_unreadable`, `not_verified`, `node_died`, `usage` for what an engine
   *   cannot do, and all else that `devnet up` can fail with; what was made is removed first, unless `onFailure: 'keep'`
   */
  static async up<const Source extends string | TopologyInput>(
    source: Source,
    options: DevnetOptions = {},
  ): Promise<Devnet<NodeNames<Source>>> {
    return Devnet.#create(source, options, true);
  }

  /**
   * Brings a topology up, does with it what `body` says, and takes it down. When `body` throws, be it an assertion of the
   * test's own, all that is known of the devnet is written into a folder first, and the error's message says where.
   * @returns what `body` returned
   * @throws what `body` threw; DevnetError what `up` throws
   */
  static async run<const Source extends string | TopologyInput, T>(
    source: Source,
    options: DevnetOptions,
    body: (net: Devnet<NodeNames<Source>>) => Promise<T> | T,
  ): Promise<T> {
    const net = await Devnet.#create(source, options, false);
    let result: T;
    try {
      result = await body(net);
    } catch (cause) {
      await net.#recordFailure(cause);
      // What the body threw is what counts, whatever else goes wrong.
      const remains = (why: unknown) =>
        appendToErrorMessage(cause, [`and "${net.name}" could not be taken down: ${describeError(why)}`]);
      await net[Symbol.asyncDispose]().catch(remains);
      throw cause;
    }
    await net[Symbol.asyncDispose]();
    return result;
  }

  static async #create<const Source extends string | TopologyInput>(
    source: Source,
    options: DevnetOptions,
    tells: boolean,
  ): Promise<Devnet<NodeNames<Source>>> {
    const {
      engine = 'containers',
      timeout = DEFAULT_TIMEOUT_MS,
      onFailure = 'remove',
      artifacts = DEFAULT_ARTIFACTS_FOLDER,
    } = options;
    const declared = await loadTopologyInput(source);
    const topology = { ...declared, name: options.name ?? uniqueNetworkName(declared.name) };
    const over = new AbortController();
    const signal = options.signal ? AbortSignal.any([over.signal, options.signal]) : over.signal;
    setMaxListeners(0, signal, over.signal); // One for each thing that is waited for, and that is no leak.
    signal.throwIfAborted();
    const keep = onFailure === 'keep';
    if (keep) assertSupported(engine, [{ capability: 'keep', feature: "onFailure: 'keep'" }]);
    const journal = new ActionJournal();
    const evidence = new FailureArtifacts(topology.name, journal, {
      artifacts: artifacts || undefined,
      keepOnFailure: keep,
    });
    const failed: StartFailureHandler = async (why, network) => {
      if (!signal.aborted) await evidence.report(why, network);
    };
    const backend =
      engine === 'process'
        ? await startProcessNetwork(topology, { timeoutMs: timeout, signal, onFailed: failed })
        : await startContainerNetwork(topology, {
            timeoutMs: timeout,
            signal,
            keepOnFailure: keep,
            ownedByProcess: true,
            onFailed: failed,
          });
    journal.add('up', { nodes: topology.nodes.length, links: topology.links.length });
    try {
      return new Devnet(backend, await backend.nodes(), over, {
        timeout,
        signal,
        keepOnFailure: keep,
        journal,
        failureArtifacts: evidence,
        reportsFailures: tells,
      });
    } catch (cause) {
      await backend.down();
      throw cause;
    }
  }

  get name(): string {
    return this.#network.topology.name;
  }

  /** What runs the nodes. */
  get engine(): RuntimeName {
    return this.#network.runtime;
  }

  /** As declared: what it was brought up with, with the links of the last `relink`. */
  get topology(): Topology {
    return this.#network.topology;
  }

  /** @throws DevnetError `no_such_node`, with the names there are */
  node(name: Name): NodeHandle<Name> {
    const found = this.nodes.find((node) => node.name === name);
    if (found) return found;
    throw new DevnetError('no_such_node', `"${this.name}" has no node "${name}"`, {
      hint: `its nodes: ${formatList(this.nodes.map((node) => node.name))}`,
    });
  }

  /** Asks every node for its peers, and compares what they say with what is declared. */
  async graph(options: Pick<WaitOptions, 'signal'> = {}): Promise<DevnetGraph<Name>> {
    return raceSignal(this.#readGraph(), this.#context.anySignal(options.signal));
  }

  /**
   * Waits until the nodes that run have exactly the links that are declared, and all of them run.
   * @throws DevnetError `not_verified`, with what differs and the last lines of the log
   */
  converged(options: WaitOptions = {}): Promise<DevnetGraph<Name>> {
    return this.#reportFailure(this.#converged(options));
  }

  async #converged(options: WaitOptions): Promise<DevnetGraph<Name>> {
    const outcome = await this.#poll(
      () => this.#readGraph(),
      ({ drift }) => hasNoDrift(drift),
      options,
    );
    if (outcome.met) return outcome.value;
    const { last, failure } = outcome;
    const why = failure === undefined ? 'the nodes took too long to answer' : describeError(failure);
    const seen = last ? describeDrift(last.drift) : [`it could not be asked for: ${why}`];
    throw await this.#timeoutError('the graph to be the declared one', seen, options, failure);
  }

  /**
   * Looks again and again until a condition holds: until it returns something true. One that throws, as an assertion does,
   * does not hold yet.
   * @param options.every milliseconds between two looks, by default 50
   * @returns what the condition returned
   * @throws DevnetError `not_verified`, with what was seen last, what differs in the graph, and the last lines of the log
   */
  waitFor<T>(condition: (net: this) => Promise<T> | T, options: WaitForOptions = {}): Promise<Truthy<T>> {
    return this.#reportFailure(this.#waitFor(condition, options));
  }

  async #waitFor<T>(condition: (net: this) => Promise<T> | T, options: WaitForOptions): Promise<Truthy<T>> {
    const look = () => this.#inCondition.run(true, () => condition(this));
    const outcome = await this.#poll<T>(look, Boolean, options);
    if (outcome.met) return outcome.value as Truthy<T>;
    const seen = [`last seen: ${describeLastAttempt(outcome)}`, ...(await this.#describeCurrentDrift())];
    throw await this.#timeoutError(describeCondition(condition), seen, options, outcome.failure);
  }

  /**
   * Tells a node a piece of news, and waits until every node that runs has got it.
   * @param data goes with it; any JSON
   * @throws DevnetError `not_verified`, with those who lack it and the last lines of the log; `node_unreachable`
   */
  gossip(from: Name, data?: unknown, options: GossipOptions<Name> = {}): Promise<GossipResult<Name>> {
    return this.#reportFailure(this.#gossipAndWait(from, data, options));
  }

  async #gossipAndWait(from: Name, data: unknown, options: GossipOptions<Name>): Promise<GossipResult<Name>> {
    const { id = randomUUID(), timeout = this.#timeout } = options;
    const signal = this.#context.anySignal(options.signal);
    const nodes = await raceSignal(this.#network.nodes(), signal);
    assertRunning(findNode(this.name, nodes, from));
    const running = nodes.filter(({ state }) => state === 'running').map(({ name }) => name);
    const to: readonly string[] = options.to ?? running;
    const gossip = { id, data };
    this.#journal.add('send', { to: from, message_type: 'gossip', payload: gossip });
    await raceSignal(this.#receipts.follow(this.#network, this.#downController.signal), signal);
    const { receipts, missing } = await gossipAndWait(this.#network, this.#receipts, from, gossip, to, {
      timeoutMs: timeout,
      signal,
    });
    if (missing.length === 0) return { id, receipts: receipts as Receipt<Name>[], reached: receipts.length };
    const seen = [`${to.length - missing.length} of ${to.length} have it; without it: ${formatList(missing)}`];
    throw await this.#timeoutError(`what ${from} was told to reach ${formatList(to)}`, seen, { timeout });
  }

  /** The merged log, what there is and what comes, until the loop is left, `signal` aborts or the devnet is down. */
  logs(options: LogFilter<Name> = {}): AsyncGenerator<LogEntry, void, undefined> {
    return readLogEntries(this.#network, options, this.#context.anySignal(options.signal));
  }

  /**
   * Gives the devnet other links: nodes are told of their new peers and of those that are none any longer, and nothing is
   * restarted. Nodes that do not run learn of it when they are started.
   * @param target links, or a topology of the same nodes, of which the links are taken and nothing else
   * @throws DevnetError `usage` where the nodes are others, `not_verified`
   */
  async relink(target: string | TopologyInput | readonly Link[], options: WaitOptions = {}): Promise<void> {
    const { timeout = this.#timeout } = options;
    const signal = this.#context.anySignal(options.signal);
    const { nodes, links } = isLinkList(target)
      ? { nodes: this.topology.nodes, links: target }
      : await loadTopologyInput(target);
    assertSameNodes(this.topology, { nodes, links });
    this.#journal.add('relink', { links: links.length });
    const carryOut = (nodes: readonly RunningNode[]) =>
      reconcileLinks(this.#network, links, { timeoutMs: timeout, signal, nodes });
    await this.#reportFailure(this.#network.declareLinks(links, carryOut));
  }

  /**
   * Cuts groups of nodes off from each other, until it is healed. Connections stay open and starve.
   * @throws DevnetError `usage` on nodes in this process
   */
  partition(
    groups: readonly (readonly Name[])[],
    { oneway = false, name }: LinkFaultOptions = {},
  ): Promise<FaultHandle> {
    return this.#inject({ kind: 'partition', cuts: cutsBetween(groups, oneway) }, name);
  }

  /** The link between two nodes: `net.link('n1', 'n2').set({ delay: '80ms' })`, `.cut()`. */
  link(a: Name, b: Name): LinkHandle {
    return new LinkHandle((fault, name) => this.#inject(fault, name), this.node(a).name, this.node(b).name);
  }

  /** Drops, delays, doubles, reorders or corrupts messages on their way from one node to another. */
  messages(from: Name, to: Name, fault: MessageFaultInput): Promise<FaultHandle> {
    return this.#inject({ kind: 'messages', from, to, ...fault });
  }

  /**
   * Takes faults back, by name or all: links are as declared, nodes run and know their peers.
   * @returns what was healed: faults and nodes by name, links that had other conditions as `a <-> b`
   */
  async heal(names?: readonly string[]): Promise<string[]> {
    const healed = await this.#reportFailure(this.#network.heal(names));
    for (const fault of healed.names) this.#journal.add('fault_healed', { fault });
    if (healed.links.length > 0) this.#journal.add('links_reset', { links: healed.links });
    return [...healed.names, ...healed.links];
  }

  /**
   * Writes all that is known of the devnet into a folder, by default a new one below its artifacts: what was declared, how it
   * stands, pictures, logs, and what was done to it. What could not be had is told, and no error.
   * @throws DevnetError `no_such_devnet` when it is down
   */
  async dump(folder?: string): Promise<DumpResult> {
    if (this.#down) {
      throw new DevnetError(
        'no_such_devnet',
        `the devnet "${this.name}" is down: there is nothing left to write about`,
        {
          hint: 'Devnet.run writes it down before it takes it down, when its body throws',
        },
      );
    }
    return this.#failureArtifacts.write(this.#network, folder);
  }

  /** Takes it down; everything that is still waited for ends. Once more does nothing. */
  down(): Promise<void> {
    this.#downController.abort(new DevnetError('interrupted', `the devnet "${this.name}" was taken down`));
    this.#down ??= this.#network.down();
    return this.#down;
  }

  /** Takes it down, unless something was waited for in vain and failures are to be kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#keepOnFailure && this.#hasFailed) await this.#network.keep();
    else await this.down();
  }

  async #inject(fault: Fault, wanted?: string): Promise<FaultHandle> {
    const { name, heal } = await this.#reportFailure(
      this.#network.inject(fault, wanted === undefined ? undefined : { name: wanted }),
    );
    this.#journal.add('fault_injected', { fault: name, ...fault });
    const healed = async () => {
      await heal();
      this.#journal.add('fault_healed', { fault: name });
    };
    return { name, fault, heal: healed };
  }

  /** What the library itself does, and does in vain: it is written down, unless a test's body decides what is a failure. */
  async #reportFailure<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      if (this.#reportsFailures && isNetworkFailure(cause) && !this.#inCondition.getStore())
        await this.#recordFailure(cause);
      throw cause;
    }
  }

  async #recordFailure(cause: unknown): Promise<void> {
    this.#hasFailed = true;
    if (this.#down) return;
    this.#journal.add('failed', { message: describeError(cause) });
    await this.#failureArtifacts.report(cause, this.#network);
  }

  async #readGraph(): Promise<DevnetGraph<Name>> {
    const { nodes, links, drift } = await readGraph(this.#network);
    const described = nodes.map(({ name, state, host, port }) => ({
      name: name as Name,
      state,
      address: formatAddress({ host, port }),
    }));
    return { nodes: described, links, drift };
  }

  #poll<T>(look: () => Promise<T> | T, accept: (seen: T) => boolean, options: WaitForOptions): Promise<PollResult<T>> {
    const { timeout = this.#timeout, every = DEFAULT_POLL_INTERVAL_MS } = options;
    return poll(look, accept, {
      timeoutMs: timeout,
      intervalMs: every,
      signal: this.#context.anySignal(options.signal),
    });
  }

  /** What differs in the graph, for a failure to show; it is not what the failure is about. */
  async #describeCurrentDrift(): Promise<string[]> {
    try {
      return describeDrift((await this.#readGraph()).drift);
    } catch (cause) {
      return [`the graph could not be asked for: ${describeError(cause)}`];
    }
  }

  async #timeoutError(
    what: string,
    seen: string[],
    { timeout = this.#timeout }: WaitOptions,
    cause?: unknown,
  ): Promise<Error> {
    const lines = [`waited ${timeout / 1000} s in vain for ${what}`, ...seen, await readLogExcerpt(this.#network)];
    return new DevnetError('not_verified', lines.join('\n  '), {
      hint: '`timeout` waits longer',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** What of a condition's values is true. */
type Truthy<T> = Exclude<Awaited<T>, false | null | undefined | 0 | ''>;

function isLinkList(target: string | TopologyInput | readonly Link[]): target is readonly Link[] {
  return Array.isArray(target);
}
