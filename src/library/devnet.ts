import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { abortable } from '../devnet/abortable.ts';
import { describeDrift, findDrift, isFree } from '../devnet/drift.ts';
import type { LogEntry } from '../devnet/log-entry.ts';
import type { Dumped } from '../dump/dump.ts';
import { DevnetError } from '../errors.ts';
import type { Fault } from '../scenario/fault.ts';
import { cutsBetween } from '../scenario/presets.ts';
import type { Link, Topology } from '../topology/index.ts';
import { addressesOf, askNodes } from './ask-nodes.ts';
import type { Backend, BackendNode, EngineName, Injected } from './backend.ts';
import { bringAbout } from './bring-about.ts';
import { upInContainers } from './container-backend.ts';
import { readDeclared, refuseOthers, uniqueName } from './declared.ts';
import { addLines, Evidence, isFailure, type UpFailed } from './failure.ts';
import { type Gossiped, GossipWatch, type Receipt } from './gossip.ts';
import { Journal } from './journal.ts';
import { lastLines } from './last-lines.ts';
import { DevnetLink, type WayOptions } from './link.ts';
import { type LogFilter, readEntries } from './logs.ts';
import { DevnetNode, type NodeOwner, type WaitOptions } from './node.ts';
import type { DevnetGraph, DevnetOptions, GossipOptions, MessageFaultInput, WaitForOptions } from './options.ts';
import { type Outcome, poll } from './patience.ts';
import { upInProcess } from './process-backend.ts';
import { refusal } from './refusal.ts';
import { spread } from './spread.ts';
import type { NamesIn, TopologyInput } from './topology-input.ts';
import { abridged, describeCondition, describeSeen, message } from './wording.ts';

const TIMEOUT = 30_000;
const EVERY = 50;
const ARTIFACTS = '.devnet';

interface Making {
  keep: boolean;
  journal: Journal;
  evidence: Evidence;
  tells: boolean;
}

/**
 * A network of nodes that runs for a test: `await using net = await Devnet.up(shapes.ring(8))`. Its end, or `down`, leaves
 * nothing behind.
 */
export class Devnet<Name extends string = string> implements AsyncDisposable {
  readonly nodes: readonly DevnetNode<Name>[];
  readonly #backend: Backend;
  readonly #timeout: number;
  readonly #keep: boolean;
  readonly #journal: Journal;
  readonly #evidence: Evidence;
  /** Whether what is waited for in vain is a failure at once; else it is when the test's body does not catch it. */
  readonly #tells: boolean;
  /** What a condition does is looking: that it fails is no failure yet. */
  readonly #looking = new AsyncLocalStorage<true>();
  readonly #owner: NodeOwner;
  /** Aborts when the devnet is taken down: nothing is waited for any longer. */
  readonly #over: AbortController;
  readonly #gossip: GossipWatch;
  #failedOnce = false;
  #down: Promise<void> | undefined;

  private constructor(
    backend: Backend,
    nodes: readonly BackendNode[],
    over: AbortController,
    options: Making & { signal: AbortSignal; timeout: number },
  ) {
    this.#backend = backend;
    this.#over = over;
    this.#timeout = options.timeout;
    this.#keep = options.keep;
    this.#journal = options.journal;
    this.#evidence = options.evidence;
    this.#tells = options.tells;
    const signal = (own?: AbortSignal) => (own ? AbortSignal.any([options.signal, own]) : options.signal);
    const { journal, timeout } = options;
    const failing = <T>(work: Promise<T>) => this.#failing(work);
    this.#owner = { backend, journal, timeout, signal, failing };
    this.#gossip = new GossipWatch(backend, over.signal);
    this.nodes = nodes.map(({ name, host, port }) => new DevnetNode(name as Name, `${host}:${port}`, this.#owner));
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
  ): Promise<Devnet<NamesIn<Source>>> {
    return Devnet.#make(source, options, true);
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
    body: (net: Devnet<NamesIn<Source>>) => Promise<T> | T,
  ): Promise<T> {
    const net = await Devnet.#make(source, options, false);
    let result: T;
    try {
      result = await body(net);
    } catch (cause) {
      await net.#failed(cause);
      // What the body threw is what counts, whatever else goes wrong.
      const remains = (why: unknown) => addLines(cause, [`and "${net.name}" could not be taken down: ${message(why)}`]);
      await net[Symbol.asyncDispose]().catch(remains);
      throw cause;
    }
    await net[Symbol.asyncDispose]();
    return result;
  }

  static async #make<const Source extends string | TopologyInput>(
    source: Source,
    options: DevnetOptions,
    tells: boolean,
  ): Promise<Devnet<NamesIn<Source>>> {
    const { engine = 'containers', timeout = TIMEOUT, onFailure = 'remove', artifacts = ARTIFACTS } = options;
    const declared = await readDeclared(source);
    const topology = { ...declared, name: options.name ?? uniqueName(declared.name) };
    const over = new AbortController();
    const signal = options.signal ? AbortSignal.any([over.signal, options.signal]) : over.signal;
    setMaxListeners(0, signal, over.signal); // One for each thing that is waited for, and that is no leak.
    signal.throwIfAborted();
    const keep = onFailure === 'keep';
    if (engine === 'process' && keep) throw refusal("onFailure: 'keep'");
    const journal = new Journal();
    const evidence = new Evidence(topology.name, journal, { artifacts: artifacts || undefined, keep });
    const failed: UpFailed = async (why, source) => {
      if (!signal.aborted) await evidence.tell(why, () => source);
    };
    const backend =
      engine === 'process'
        ? await upInProcess(topology, { timeout, signal, failed })
        : await upInContainers(topology, { timeout, signal, keep, failed });
    journal.add('up', { nodes: topology.nodes.length, links: topology.links.length });
    try {
      return new Devnet(backend, await backend.nodes(), over, { timeout, signal, keep, journal, evidence, tells });
    } catch (cause) {
      await backend.down();
      throw cause;
    }
  }

  get name(): string {
    return this.#backend.topology.name;
  }

  /** What runs the nodes. */
  get engine(): EngineName {
    return this.#backend.engine;
  }

  /** As declared: what it was brought up with, with the links of the last `relink`. */
  get topology(): Topology {
    return this.#backend.topology;
  }

  /** @throws DevnetError `no_such_node`, with the names there are */
  node(name: Name): DevnetNode<Name> {
    const found = this.nodes.find((node) => node.name === name);
    if (found) return found;
    throw new DevnetError('no_such_node', `"${this.name}" has no node "${name}"`, {
      hint: `its nodes: ${abridged(this.nodes.map((node) => node.name))}`,
    });
  }

  /** Asks every node for its peers, and compares what they say with what is declared. */
  async graph(options: Pick<WaitOptions, 'signal'> = {}): Promise<DevnetGraph<Name>> {
    return abortable(this.#graph(), this.#owner.signal(options.signal));
  }

  /**
   * Waits until the nodes that run have exactly the links that are declared, and all of them run.
   * @throws DevnetError `not_verified`, with what differs and the last lines of the log
   */
  converged(options: WaitOptions = {}): Promise<DevnetGraph<Name>> {
    return this.#failing(this.#converged(options));
  }

  async #converged(options: WaitOptions): Promise<DevnetGraph<Name>> {
    const outcome = await this.#poll(
      () => this.#graph(),
      ({ drift }) => isFree(drift),
      options,
    );
    if (outcome.met) return outcome.value;
    const { last, failure } = outcome;
    const why = failure === undefined ? 'the nodes took too long to answer' : message(failure);
    const seen = last ? describeDrift(last.drift) : [`it could not be asked for: ${why}`];
    throw await this.#inVain('the graph to be the declared one', seen, options, failure);
  }

  /**
   * Looks again and again until a condition holds: until it returns something true. One that throws, as an assertion does,
   * does not hold yet.
   * @param options.every milliseconds between two looks, by default 50
   * @returns what the condition returned
   * @throws DevnetError `not_verified`, with what was seen last, what differs in the graph, and the last lines of the log
   */
  waitFor<T>(condition: (net: this) => Promise<T> | T, options: WaitForOptions = {}): Promise<Met<T>> {
    return this.#failing(this.#waitFor(condition, options));
  }

  async #waitFor<T>(condition: (net: this) => Promise<T> | T, options: WaitForOptions): Promise<Met<T>> {
    const look = () => this.#looking.run(true, () => condition(this));
    const outcome = await this.#poll<T>(look, Boolean, options);
    if (outcome.met) return outcome.value as Met<T>;
    const seen = [`last seen: ${describeSeen(outcome)}`, ...(await this.#difference())];
    throw await this.#inVain(describeCondition(condition), seen, options, outcome.failure);
  }

  /**
   * Tells a node a piece of news, and waits until every node that runs has got it.
   * @param data goes with it; any JSON
   * @throws DevnetError `not_verified`, with those who lack it and the last lines of the log; `node_unreachable`
   */
  gossip(from: Name, data?: unknown, options: GossipOptions<Name> = {}): Promise<Gossiped<Name>> {
    return this.#failing(this.#tellNews(from, data, options));
  }

  async #tellNews(from: Name, data: unknown, options: GossipOptions<Name>): Promise<Gossiped<Name>> {
    const { id = randomUUID(), timeout = this.#timeout } = options;
    const signal = this.#owner.signal(options.signal);
    const teller = this.node(from);
    const nodes = await abortable(this.#backend.nodes(), signal);
    const to: readonly string[] =
      options.to ?? nodes.filter(({ state }) => state === 'running').map(({ name }) => name);
    const { receipts, lack } = await spread(teller, this.#gossip, { id, data }, to, { timeout, signal });
    if (lack.length === 0) return { id, receipts: receipts as Receipt<Name>[], reached: receipts.length };
    const seen = [`${to.length - lack.length} of ${to.length} have it; without it: ${abridged(lack)}`];
    throw await this.#inVain(`what ${from} was told to reach ${abridged(to)}`, seen, { timeout });
  }

  /** The merged log, what there is and what comes, until the loop is left, `signal` aborts or the devnet is down. */
  logs(options: LogFilter<Name> = {}): AsyncGenerator<LogEntry, void, undefined> {
    return readEntries(this.#backend, options, this.#owner.signal(options.signal));
  }

  /**
   * Gives the devnet other links: nodes are told of their new peers and of those that are none any longer, and nothing is
   * restarted. Nodes that do not run learn of it when they are started.
   * @param target links, or a topology of the same nodes, of which the links are taken and nothing else
   * @throws DevnetError `usage` where the nodes are others, `not_verified`
   */
  async relink(target: string | TopologyInput | readonly Link[], options: WaitOptions = {}): Promise<void> {
    const { timeout = this.#timeout } = options;
    const signal = this.#owner.signal(options.signal);
    const { nodes, links } = isLinks(target)
      ? { nodes: this.topology.nodes, links: target }
      : await readDeclared(target);
    refuseOthers(this.topology, { nodes, links });
    this.#journal.add('relink', { links: links.length });
    const carryOut = (nodes: readonly BackendNode[]) => bringAbout(this.#backend, links, { timeout, signal, nodes });
    await this.#failing(this.#backend.declare(links, carryOut));
  }

  /**
   * Cuts groups of nodes off from each other, until it is healed. Connections stay open and starve.
   * @throws DevnetError `usage` on nodes in this process
   */
  partition(groups: readonly (readonly Name[])[], { oneway = false, name }: WayOptions = {}): Promise<Injected> {
    return this.#inject({ kind: 'partition', cuts: cutsBetween(groups, oneway) }, name);
  }

  /** The link between two nodes: `net.link('n1', 'n2').set({ delay: '80ms' })`, `.cut()`. */
  link(a: Name, b: Name): DevnetLink {
    return new DevnetLink((fault, name) => this.#inject(fault, name), this.node(a).name, this.node(b).name);
  }

  /** Drops, delays, doubles, reorders or corrupts messages on their way from one node to another. */
  messages(from: Name, to: Name, fault: MessageFaultInput): Promise<Injected> {
    return this.#inject({ kind: 'messages', from, to, ...fault });
  }

  /**
   * Takes faults back, by name or all: links are as declared, nodes run and know their peers.
   * @returns what was healed: faults and nodes by name, links that had other conditions as `a <-> b`
   */
  async heal(names?: readonly string[]): Promise<string[]> {
    const healed = await this.#failing(this.#backend.heal(names));
    for (const fault of healed.names) this.#journal.add('fault_healed', { fault });
    if (healed.links.length > 0) this.#journal.add('links_reset', { links: healed.links });
    return [...healed.names, ...healed.links];
  }

  /**
   * Writes all that is known of the devnet into a folder, by default a new one below its artifacts: what was declared, how it
   * stands, pictures, logs, and what was done to it. What could not be had is told, and no error.
   * @throws DevnetError `no_such_devnet` when it is down
   */
  async dump(folder?: string): Promise<Dumped> {
    if (this.#down) {
      throw new DevnetError(
        'no_such_devnet',
        `the devnet "${this.name}" is down: there is nothing left to write about`,
        {
          hint: 'Devnet.run writes it down before it takes it down, when its body throws',
        },
      );
    }
    return this.#evidence.write(await this.#backend.source(), folder);
  }

  /** Takes it down; everything that is still waited for ends. Once more does nothing. */
  down(): Promise<void> {
    this.#over.abort(new DevnetError('interrupted', `the devnet "${this.name}" was taken down`));
    this.#down ??= this.#backend.down();
    return this.#down;
  }

  /** Takes it down, unless something was waited for in vain and failures are to be kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#keep && this.#failedOnce) await this.#backend.keep();
    else await this.down();
  }

  async #inject(fault: Fault, wanted?: string): Promise<Injected> {
    const { name, heal } = await this.#failing(this.#backend.inject(fault, wanted));
    this.#journal.add('fault_injected', { fault: name, ...fault });
    const healed = async () => {
      await heal();
      this.#journal.add('fault_healed', { fault: name });
    };
    return { name, heal: healed };
  }

  /** What the library itself does, and does in vain: it is written down, unless a test's body decides what is a failure. */
  async #failing<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      if (this.#tells && isFailure(cause) && !this.#looking.getStore()) await this.#failed(cause);
      throw cause;
    }
  }

  async #failed(cause: unknown): Promise<void> {
    this.#failedOnce = true;
    if (this.#down) return;
    this.#journal.add('failed', { message: message(cause) });
    await this.#evidence.tell(cause, () => this.#backend.source());
  }

  async #graph(): Promise<DevnetGraph<Name>> {
    const nodes = await this.#backend.nodes();
    const addresses = addressesOf(nodes);
    const names = new Map([...addresses].map(([name, address]) => [address, name]));
    const reports = await askNodes(this.#backend, nodes);
    return {
      nodes: nodes.map(({ name, state }) => ({ name: name as Name, state, address: addresses.get(name) as string })),
      links: reports.flatMap(({ node, peers }) =>
        peers.map(({ address }) => ({ from: node, to: names.get(address) ?? address })),
      ),
      drift: findDrift(this.topology.links, addresses, reports),
    };
  }

  #poll<T>(look: () => Promise<T> | T, accept: (seen: T) => boolean, options: WaitForOptions): Promise<Outcome<T>> {
    const { timeout = this.#timeout, every = EVERY } = options;
    return poll(look, accept, { timeout, every, signal: this.#owner.signal(options.signal) });
  }

  /** What differs in the graph, for a failure to show; it is not what the failure is about. */
  async #difference(): Promise<string[]> {
    try {
      return describeDrift((await this.#graph()).drift);
    } catch (cause) {
      return [`the graph could not be asked for: ${message(cause)}`];
    }
  }

  async #inVain(
    what: string,
    seen: string[],
    { timeout = this.#timeout }: WaitOptions,
    cause?: unknown,
  ): Promise<Error> {
    const lines = [`waited ${timeout / 1000} s in vain for ${what}`, ...seen, await lastLines(this.#backend)];
    return new DevnetError('not_verified', lines.join('\n  '), {
      hint: '`timeout` waits longer',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** What of a condition's values is true. */
type Met<T> = Exclude<Awaited<T>, false | null | undefined | 0 | ''>;

function isLinks(target: string | TopologyInput | readonly Link[]): target is readonly Link[] {
  return Array.isArray(target);
}
