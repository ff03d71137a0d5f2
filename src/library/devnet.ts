import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { inspect } from 'node:util';
import { abortable } from '../devnet/abortable.ts';
import { type Drift, describeDrift, findDrift, isFree } from '../devnet/drift.ts';
import type { LogEntry } from '../devnet/log-entry.ts';
import { DevnetError } from '../errors.ts';
import type { Gossip } from '../protocol/index.ts';
import type { Fault } from '../scenario/fault.ts';
import { cutsBetween } from '../scenario/presets.ts';
import type { Link, Topology } from '../topology/index.ts';
import { addressesOf, askNodes } from './ask-nodes.ts';
import type { Backend, BackendNode, EngineName, Injected, NodeState } from './backend.ts';
import { bringAbout } from './bring-about.ts';
import { howToLook, upInContainers } from './container-backend.ts';
import { readDeclared, uniqueName } from './declared.ts';
import { type Gossiped, GossipWatch, inOrder, type Receipt } from './gossip.ts';
import { lastLines } from './last-lines.ts';
import { DevnetLink, type WayOptions } from './link.ts';
import { type LogFilter, readEntries } from './logs.ts';
import { DevnetNode, type NodeOwner, type WaitOptions } from './node.ts';
import { type Outcome, poll } from './patience.ts';
import { upInProcess } from './process-backend.ts';
import { refusal } from './refusal.ts';
import type { NamesIn, TopologyInput } from './topology-input.ts';

export interface DevnetOptions {
  /** Name of the devnet; by default one that no other has. */
  name?: string;
  /** What runs the nodes: a container each, or all of them this process, on loopback. */
  engine?: EngineName;
  /** How long each thing that is waited for may take, milliseconds, unless it is told otherwise: by default 30,000. */
  timeout?: number;
  /** Ends the bringing up, and afterwards everything that is waited for. The devnet is still to be taken down. */
  signal?: AbortSignal;
  /** `keep`: a devnet that something went wrong with is left up, to look at; the error says how. */
  onFailure?: 'remove' | 'keep';
}

/** The graph as the nodes themselves tell it. */
export interface DevnetGraph<Name extends string = string> {
  nodes: { name: Name; state: NodeState; address: string }[];
  /** Who dials whom; `to` is an address where no node of the devnet has it. */
  links: Link[];
  /** What differs from the declared graph. */
  drift: Drift;
}

export interface WaitForOptions extends WaitOptions {
  /** Milliseconds between two looks. */
  every?: number;
}

export interface GossipOptions<Name extends string = string> extends WaitOptions {
  /** Of the piece of news; by default one that no other has. */
  id?: string;
  /** Whom to wait for; by default every node that runs. */
  to?: readonly Name[];
}

/** What happens to messages: of one type or of any, with a chance, and in `delay` by how many milliseconds. */
export type MessageFaultInput = Omit<Extract<Fault, { kind: 'messages' }>, 'kind' | 'from' | 'to'>;

const TIMEOUT = 30_000;
const EVERY = 50;
/** From here on a look is worth mentioning that was still going on when the time was over, milliseconds. */
const LONG = 80;
/** Characters of a condition or of what was last seen that an error shows. */
const SHOWN = 500;

/**
 * A network of nodes that runs for a test: `await using net = await Devnet.up(shapes.ring(8))`. Its end, or `down`, leaves
 * nothing behind.
 */
export class Devnet<Name extends string = string> implements AsyncDisposable {
  readonly nodes: readonly DevnetNode<Name>[];
  readonly #backend: Backend;
  readonly #timeout: number;
  readonly #keep: boolean;
  readonly #owner: NodeOwner;
  /** Aborts when the devnet is taken down: nothing is waited for any longer. */
  readonly #over: AbortController;
  readonly #gossip: GossipWatch;
  #failed = false;
  #down: Promise<void> | undefined;

  private constructor(
    backend: Backend,
    nodes: readonly BackendNode[],
    over: AbortController,
    options: Required<Pick<DevnetOptions, 'timeout' | 'onFailure'>> & { signal: AbortSignal },
  ) {
    this.#backend = backend;
    this.#over = over;
    this.#timeout = options.timeout;
    this.#keep = options.onFailure === 'keep';
    const signal = (own?: AbortSignal) => (own ? AbortSignal.any([options.signal, own]) : options.signal);
    this.#owner = { backend, timeout: options.timeout, signal };
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
    const { engine = 'containers', timeout = TIMEOUT, onFailure = 'remove' } = options;
    const declared = await readDeclared(source);
    const topology = { ...declared, name: options.name ?? uniqueName(declared.name) };
    const over = new AbortController();
    const signal = options.signal ? AbortSignal.any([over.signal, options.signal]) : over.signal;
    setMaxListeners(0, signal, over.signal); // One for each thing that is waited for, and that is no leak.
    signal.throwIfAborted();
    const keep = onFailure === 'keep';
    if (engine === 'process' && keep) throw refusal("onFailure: 'keep'");
    const backend =
      engine === 'process'
        ? await upInProcess(topology, { timeout, signal })
        : await upInContainers(topology, { timeout, signal, keep });
    try {
      return new Devnet(backend, await backend.nodes(), over, { timeout, onFailure, signal });
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
  async converged(options: WaitOptions = {}): Promise<DevnetGraph<Name>> {
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
  async waitFor<T>(condition: (net: this) => Promise<T> | T, options: WaitForOptions = {}): Promise<Met<T>> {
    const outcome = await this.#poll<T>(() => condition(this), Boolean, options);
    if (outcome.met) return outcome.value as Met<T>;
    const text = String(condition).replace(/\s+/g, ' ').slice(0, SHOWN);
    const seen = [`last seen: ${describeSeen(outcome)}`, ...(await this.#difference())];
    throw await this.#inVain(text, seen, options, outcome.failure);
  }

  /**
   * Tells a node a piece of news, and waits until every node that runs has got it.
   * @param data goes with it; any JSON
   * @throws DevnetError `not_verified`, with those who lack it and the last lines of the log; `node_unreachable`
   */
  async gossip(from: Name, data?: unknown, options: GossipOptions<Name> = {}): Promise<Gossiped<Name>> {
    const { id = randomUUID(), timeout = this.#timeout } = options;
    const signal = this.#owner.signal(options.signal);
    const teller = this.node(from);
    const nodes = await abortable(this.#backend.nodes(), signal);
    const to: readonly string[] =
      options.to ?? nodes.filter(({ state }) => state === 'running').map(({ name }) => name);
    const lacking = (receipts: readonly Receipt[]) => {
      const have = new Set(receipts.map(({ node }) => node));
      return to.filter((name) => !have.has(name));
    };
    const watch = this.#gossip.watch(id, (receipts) => lacking(receipts).length === 0);
    const late = AbortSignal.timeout(timeout);
    try {
      const told = tell(teller, { id, data }, signal).then(() => watch.complete);
      await abortable(Promise.race([watch.complete, told]), AbortSignal.any([signal, late]));
    } catch (cause) {
      if (cause !== late.reason) throw cause;
      const lack = lacking(watch.receipts);
      const seen = [`${to.length - lack.length} of ${to.length} have it; without it: ${abridged(lack)}`];
      throw await this.#inVain(`what ${from} was told to reach ${abridged(to)}`, seen, { timeout });
    } finally {
      watch.end();
    }
    const receipts = inOrder(watch.receipts as Receipt<Name>[]);
    return { id, receipts, reached: receipts.length };
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
    this.#refuseOthers(nodes, links);
    await this.#backend.declare(links, () => bringAbout(this.#backend, links, { timeout, signal }));
  }

  /**
   * Cuts groups of nodes off from each other, until it is healed. Connections stay open and starve.
   * @throws DevnetError `usage` on nodes in this process
   */
  partition(groups: readonly (readonly Name[])[], { oneway = false, name }: WayOptions = {}): Promise<Injected> {
    return this.#backend.inject({ kind: 'partition', cuts: cutsBetween(groups, oneway) }, name);
  }

  /** The link between two nodes: `net.link('n1', 'n2').set({ delay: '80ms' })`, `.cut()`. */
  link(a: Name, b: Name): DevnetLink {
    return new DevnetLink(this.#backend, this.node(a).name, this.node(b).name);
  }

  /** Drops, delays, doubles, reorders or corrupts messages on their way from one node to another. */
  messages(from: Name, to: Name, fault: MessageFaultInput): Promise<Injected> {
    return this.#backend.inject({ kind: 'messages', from, to, ...fault });
  }

  /** Takes faults back, by name or all: links are as declared, nodes run and know their peers. @returns what was healed */
  heal(names?: readonly string[]): Promise<string[]> {
    return this.#backend.heal(names);
  }

  /** Takes it down; everything that is still waited for ends. Once more does nothing. */
  down(): Promise<void> {
    this.#over.abort(new DevnetError('interrupted', `the devnet "${this.name}" was taken down`));
    this.#down ??= this.#backend.down();
    return this.#down;
  }

  /** Takes it down, unless something was waited for in vain and failures are to be kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#keep && this.#failed) await this.#backend.keep();
    else await this.down();
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
    this.#failed = true;
    const lines = [`waited ${timeout / 1000} s in vain for ${what}`, ...seen, await lastLines(this.#backend)];
    return new DevnetError('not_verified', lines.join('\n  '), {
      hint: this.#keep ? howToLook(this.name) : '`timeout` waits longer',
      ...(cause === undefined ? {} : { cause }),
    });
  }

  #refuseOthers(nodes: readonly { name: string }[], links: readonly Link[]): void {
    const own = new Set<string>(this.nodes.map(({ name }) => name));
    const named = new Set([...nodes.map(({ name }) => name), ...links.flatMap(({ from, to }) => [from, to])]);
    const others = [...[...named].filter((name) => !own.has(name)), ...[...own].filter((name) => !named.has(name))];
    if (others.length === 0) return;
    throw new DevnetError('usage', `relink changes links and no nodes; not in both: ${abridged(others)}`, {
      hint: `the nodes of "${this.name}": ${abridged([...own])}`,
    });
  }
}

/** What of a condition's values is true. */
type Met<T> = Exclude<Awaited<T>, false | null | undefined | 0 | ''>;

function isLinks(target: string | TopologyInput | readonly Link[]): target is readonly Link[] {
  return Array.isArray(target);
}

/** Resolves when a node took a piece of news and had nothing against it: gossip has no other reply. */
async function tell(node: DevnetNode, news: Gossip, signal: AbortSignal): Promise<void> {
  const reply = await node.send('gossip', news, { signal });
  if (reply?.message_type !== 'error') return;
  throw new DevnetError('node_unreachable', `${node.name} refused the news: ${JSON.stringify(reply.payload)}`);
}

/** What a condition that does not hold came to. */
function describeSeen({ looks, last, failure, hung = 0 }: Extract<Outcome<unknown>, { met: false }>): string {
  const none = last === undefined && failure === undefined;
  const value = none
    ? 'nothing'
    : failure === undefined
      ? inspect(last, { depth: 4, breakLength: 100 })
      : message(failure);
  const hints = [
    `looks: ${looks}`,
    ...(hung >= LONG ? [`the last one came to no end in ${hung / 1000} s`] : []),
    ...(none && hung === 0 ? ['a condition returns something true when it holds'] : []),
  ];
  return `${value.slice(0, SHOWN)} (${hints.join('; ')})`;
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function abridged(names: readonly string[]): string {
  const most = 12;
  return names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')}, … (${names.length} in all)`;
}
