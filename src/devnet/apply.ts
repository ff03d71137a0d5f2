import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import { createContainer, removeContainer, unpauseContainer } from '../engine/containers.ts';
import { PARALLEL, removeInPairs, startInTurn } from '../engine/crowd.ts';
import type { Engine } from '../engine/engine.ts';
import { watchContainers } from '../engine/events.ts';
import { type Network, removeNetwork } from '../engine/networks.ts';
import { DevnetError } from '../errors.ts';
import type { Topology, TopologyNode } from '../topology/index.ts';
import { abortable } from './abortable.ts';
import { type Drift, describeDrift, findDrift, isFree } from './drift.ts';
import { LABEL } from './labels.ts';
import { lastWords, obituary } from './last-words.ts';
import { applyLinks, declaredState, makeLinks, openLinks } from './links.ts';
import { makeNetwork } from './make-network.ts';
import { nodeContainer, placeOn } from './node-spec.ts';
import type { Observed } from './observe.ts';
import { assignAddresses, type Step } from './plan.ts';
import { redial } from './redial.ts';
import { makeRelay } from './relay.ts';
import { isOwnAddress, openRoute, type Route } from './route.ts';
import { Seeding } from './seed.ts';
import type { UpStep } from './up.ts';

/** What is to be brought about, and from where. */
export interface Task {
  topology: Topology;
  steps: readonly Step[];
  /** What there is; undefined: nothing. */
  observed: Observed | undefined;
  run: string;
  /** Image of the nodes that name none. */
  bundled: string;
  /** How long a node may take to listen, and the links to stand, milliseconds. */
  timeout: number;
}

/**
 * Carries a plan out and returns when the graph is the declared one. Everything overlaps: a node is dialed while others are
 * still being made, a link is seeded once both its ends listen — so that the first dial succeeds — and a node's links are
 * verified as soon as its last one was seeded. Whichever part fails first ends all others; what was made then is there to be
 * removed.
 * @param signal its reason becomes the error
 */
export async function apply(
  engine: Engine,
  task: Task,
  signal: AbortSignal | undefined,
  progress: (step: UpStep) => void,
): Promise<Drift> {
  const failing = new AbortController();
  setMaxListeners(0, failing.signal); // One for each node that is being waited for.
  const outside = () => failing.abort(signal?.reason);
  signal?.addEventListener('abort', outside, { once: true });
  if (signal?.aborted) outside();
  const over = new AbortController();
  const application = new Application(engine, task, failing, over.signal, progress);
  try {
    await application.watchForDeaths();
    return await application.carryOut();
  } catch (failure) {
    failing.abort(failure);
    await application.settled();
    throw failing.signal.reason;
  } finally {
    over.abort();
    signal?.removeEventListener('abort', outside);
  }
}

class Application {
  readonly #engine: Engine;
  readonly #task: Task;
  readonly #failing: AbortController;
  readonly #progress: (step: UpStep) => void;
  readonly #over: AbortSignal;
  readonly #limit = pLimit(PARALLEL);
  /** Calls to the engine that make something: they must have ended before what they made can be removed. */
  readonly #making: Promise<unknown>[] = [];
  /** Containers that are removed on purpose: their end is no death. */
  readonly #leaving = new Set<string>();

  constructor(
    engine: Engine,
    task: Task,
    failing: AbortController,
    over: AbortSignal,
    progress: (step: UpStep) => void,
  ) {
    this.#engine = engine;
    this.#task = task;
    this.#failing = failing;
    this.#over = AbortSignal.any([failing.signal, over]);
    this.#progress = progress;
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#making);
  }

  async carryOut(): Promise<Drift> {
    const { signal } = this.#failing;
    signal.throwIfAborted();
    await this.#removeNodes();
    const network = await this.#network();
    const route = await this.#route(network);
    this.#progress({ step: 'network', subnet: network.subnet, internal: network.internal });
    const { topology, observed, timeout } = this.#task;
    const addresses = assignAddresses(topology, network.subnet, network === observed?.network ? observed : undefined);
    const targets = topology.nodes.map((node) => ({
      node: node.name,
      target: { host: addresses.get(node.name) as string, port: node.port, route },
    }));
    const seeding = new Seeding(targets, topology.links, this.#task.steps, timeout, signal, this.#progress);
    await this.#conditions(network, addresses);
    const lost = (failure: Error) => this.#failing.abort(failure);
    const start = await startInTurn(this.#engine, network.id, this.#over, lost);
    const nodes = this.#bringUp(network, addresses, seeding, start);
    try {
      await abortable(Promise.all(nodes), signal);
      const reports = await abortable(seeding.verified(), signal);
      return this.#judge(reports, new Map(targets.map(({ node, target }) => [node, `${target.host}:${target.port}`])));
    } finally {
      for (const node of nodes) node.catch(() => {}); // The first failure is the one that counts.
      seeding.close();
      route.close();
    }
  }

  /** A node that dies is named at once, whatever is being waited for. */
  async watchForDeaths(): Promise<void> {
    await watchContainers(
      this.#engine,
      `${LABEL.run}=${this.#task.run}`,
      this.#over,
      ({ action, id, labels }) => {
        const node = labels[LABEL.node];
        if (action !== 'die' || node === undefined || this.#leaving.has(id)) return;
        obituary(this.#engine, id).then(
          (how) => this.#failing.abort(new DevnetError('node_died', `${node} ${how}`)),
          (failure: unknown) => this.#failing.abort(failure),
        );
      },
      (failure) => this.#failing.abort(failure),
    );
  }

  async #removeNodes(): Promise<void> {
    const { steps, observed } = this.#task;
    const leaving = steps.flatMap((step) => (step.do === 'remove node' ? (idOf(observed, step.node) ?? []) : []));
    for (const id of leaving) this.#leaving.add(id);
    const remove = removeInPairs(this.#engine, observed?.network ? [observed.network.id] : []);
    await Promise.all(leaving.map((id) => this.#limit(() => remove(id))));
  }

  async #network(): Promise<Network> {
    const { steps, observed, topology, run } = this.#task;
    const found = observed?.network;
    if (found && !steps.some((step) => step.do === 'remove network')) return found;
    if (found) {
      if (observed.relayId !== undefined) await removeContainer(this.#engine, observed.relayId);
      await removeNetwork(this.#engine, found.id);
    }
    const making = makeNetwork(this.#engine, topology, run);
    this.#making.push(making);
    return making;
  }

  async #route(network: Network): Promise<Route> {
    const { topology, observed, run } = this.#task;
    let relayId = network === observed?.network ? observed.relayId : undefined;
    if (relayId === undefined && !(await isOwnAddress(network.gateway))) {
      const making = makeRelay(this.#engine, topology.name, run, network);
      this.#making.push(making);
      relayId = await making;
    }
    return openRoute(this.#engine, network, relayId);
  }

  /** Links fare as declared from the first packet on: what is asked of them stands before there are nodes. */
  async #conditions(network: Network, addresses: ReadonlyMap<string, string>): Promise<void> {
    const { topology, steps, observed, run } = this.#task;
    if (!steps.some((step) => step.do === 'set conditions')) return;
    const opening = observed ? openLinks(this.#engine, observed) : makeLinks(this.#engine, topology.name, run);
    this.#making.push(opening);
    const fresh = await applyLinks(this.#engine, await opening, declaredState(topology, network, addresses));
    // What is verified below is then what stays.
    if (observed) await redial(this.#engine, observed, topology.links, fresh);
  }

  /** Every node, made where the plan says so, until it listens. */
  #bringUp(
    network: Network,
    addresses: ReadonlyMap<string, string>,
    seeding: Seeding,
    start: (id: string, name: string) => Promise<void>,
  ): Promise<void>[] {
    const { topology, steps, observed, run, bundled } = this.#task;
    const making = new Set(steps.flatMap((step) => (step.do === 'make node' ? step.node : [])));
    const paused = new Set(steps.flatMap((step) => (step.do === 'unpause node' ? step.node : [])));
    let started = 0;
    return topology.nodes.map(async (node) => {
      if (!making.has(node.name)) {
        const id = idOf(observed, node.name) as string;
        if (paused.has(node.name)) await unpauseContainer(this.#engine, id, node.name);
        return this.#untilListening(seeding, node, id, false);
      }
      const made = this.#limit(async () => {
        this.#failing.signal.throwIfAborted();
        const address = addresses.get(node.name) as string;
        const spec = nodeContainer(topology.name, run, node, placeOn(network, address), bundled);
        const id = await createContainer(this.#engine, spec);
        this.#failing.signal.throwIfAborted();
        await start(id, node.name);
        this.#progress({ step: 'started', done: ++started });
        return id;
      });
      this.#making.push(made);
      return this.#untilListening(seeding, node, await made, true);
    });
  }

  async #untilListening(
    seeding: Seeding,
    { name: node, port }: TopologyNode,
    id: string,
    fresh: boolean,
  ): Promise<void> {
    if (await seeding.listens(node, fresh)) return;
    const words = await lastWords(this.#engine, id);
    const wrote = words === '' ? '; it wrote nothing' : `; its last lines:${words}`;
    throw new DevnetError(
      'node_silent',
      `${node} runs, but nothing listens on its port ${port} after ${this.#task.timeout / 1000} s${wrote}`,
      { hint: `check \`port\` of ${node} in the topology; --timeout SECONDS waits longer` },
    );
  }

  #judge(reports: Parameters<typeof findDrift>[2], addresses: ReadonlyMap<string, string>): Drift {
    const { topology, timeout } = this.#task;
    const drift = findDrift(topology.links, addresses, reports);
    if (isFree(drift)) return drift;
    const differences = describeDrift(drift).join('\n  ');
    throw new DevnetError(
      'not_verified',
      `the graph is not the declared one after ${timeout / 1000} s\n  ${differences}`,
      {
        hint: '--keep leaves it up to look at; --timeout SECONDS waits longer',
      },
    );
  }
}

function idOf(observed: Observed | undefined, node: string): string | undefined {
  return observed?.nodes.find(({ name }) => name === node)?.containerId;
}
