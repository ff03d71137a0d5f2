import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import { createContainer, removeContainer, unpauseContainer } from '../../engine/containers.ts';
import {
  createContainerRemover,
  createContainerStarter,
  MAX_PARALLEL_CONTAINERS,
} from '../../engine/endpoint-count-workaround.ts';
import type { Engine } from '../../engine/engine.ts';
import { watchContainers } from '../../engine/events.ts';
import { type EngineNetwork, removeNetwork } from '../../engine/networks.ts';
import type { Dialer } from '../../network/dialer.ts';
import { type Drift, findDrift, hasNoDrift } from '../../network/drift.ts';
import { notVerifiedError } from '../../network/link-reconciler.ts';
import { addressesByName } from '../../network/node-names.ts';
import { DevnetError } from '../../shared/errors.ts';
import { raceSignal } from '../../shared/race-signal.ts';
import type { Topology, TopologyNode } from '../../topology/index.ts';
import { applyLinkState, createNetemContainer, declaredLinkState, ensureNetemContainer } from '../links/netem-agent.ts';
import { reconnectLinks } from '../links/update-link-state.ts';
import { describeExit, readLastLines } from '../logs/container-exit.ts';
import { isLocalAddress, openDialer } from '../peers/dialer.ts';
import { createTunnelContainer } from '../peers/tunnel-container.ts';
import { LABEL } from '../state/labels.ts';
import type { NetworkState } from '../state/network-state.ts';
import { createNodeNetwork } from './create-network.ts';
import { nodeContainerSpec, placementOn } from './node-container.ts';
import { PeerSeeder } from './peer-seeder.ts';
import { assignAddresses, type PlanStep } from './plan.ts';
import type { UpStep } from './up-step.ts';

/** What is to be brought about, and from where. */
export interface RolloutInput {
  topology: Topology;
  steps: readonly PlanStep[];
  /** What there is; undefined: nothing. */
  networkState: NetworkState | undefined;
  run: string;
  /** Image of the nodes that name none. */
  defaultImage: string;
  /** How long a node may take to listen, and the links to stand, milliseconds. */
  timeoutMs: number;
}

/**
 * Carries a plan out and returns when the graph is the declared one. Everything overlaps: a node is dialed while others are
 * still being made, a link is seeded once both its ends listen — so that the first dial succeeds — and a node's links are
 * verified as soon as its last one was seeded. Whichever part fails first ends all others; what was made then is there to be
 * removed.
 * @param signal its reason becomes the error
 */
export async function rollOut(
  engine: Engine,
  task: RolloutInput,
  signal: AbortSignal | undefined,
  progress: (step: UpStep) => void,
): Promise<Drift> {
  const failing = new AbortController();
  setMaxListeners(0, failing.signal); // One for each node that is being waited for.
  const outside = () => failing.abort(signal?.reason);
  signal?.addEventListener('abort', outside, { once: true });
  if (signal?.aborted) outside();
  const over = new AbortController();
  const application = new Rollout(engine, task, failing, over.signal, progress);
  try {
    await application.watchForExits();
    return await application.run();
  } catch (failure) {
    failing.abort(failure);
    await application.pendingCreationsSettled();
    throw failing.signal.reason;
  } finally {
    over.abort();
    signal?.removeEventListener('abort', outside);
  }
}

class Rollout {
  readonly #engine: Engine;
  readonly #input: RolloutInput;
  readonly #failureController: AbortController;
  readonly #progress: (step: UpStep) => void;
  readonly #ended: AbortSignal;
  readonly #limit = pLimit(MAX_PARALLEL_CONTAINERS);
  /** Calls to the engine that make something: they must have ended before what they made can be removed. */
  readonly #pendingCreations: Promise<unknown>[] = [];
  /** Containers that are removed on purpose: their end is no death. */
  readonly #expectedExits = new Set<string>();

  constructor(
    engine: Engine,
    task: RolloutInput,
    failing: AbortController,
    over: AbortSignal,
    progress: (step: UpStep) => void,
  ) {
    this.#engine = engine;
    this.#input = task;
    this.#failureController = failing;
    this.#ended = AbortSignal.any([failing.signal, over]);
    this.#progress = progress;
  }

  async pendingCreationsSettled(): Promise<void> {
    await Promise.allSettled(this.#pendingCreations);
  }

  async run(): Promise<Drift> {
    const { signal } = this.#failureController;
    signal.throwIfAborted();
    await this.#removeNodes();
    const network = await this.#ensureNetwork();
    const route = await this.#openDialer(network);
    this.#progress({ step: 'network', subnet: network.subnet, internal: network.internal });
    const { topology, networkState: observed, timeoutMs: timeout } = this.#input;
    const addresses = assignAddresses(topology, network.subnet, network === observed?.network ? observed : undefined);
    const access = {
      dialer: route,
      addresses: new Map(topology.nodes.map(({ name, port }) => [name, { host: addresses.get(name) as string, port }])),
    };
    const seeding = new PeerSeeder(access, topology.links, this.#input.steps, timeout, signal, this.#progress);
    await this.#applyLinkConditions(network, addresses);
    const lost = (failure: Error) => this.#failureController.abort(failure);
    const start = await createContainerStarter(this.#engine, network.id, this.#ended, lost);
    const nodes = this.#startNodes(network, addresses, seeding, start);
    try {
      await raceSignal(Promise.all(nodes), signal);
      const reports = await raceSignal(seeding.verified(), signal);
      return this.#assertNoDrift(reports, addressesByName(access));
    } finally {
      for (const node of nodes) node.catch(() => {}); // The first failure is the one that counts.
      seeding.close();
      route.close();
    }
  }

  /** A node that dies is named at once, whatever is being waited for. */
  async watchForExits(): Promise<void> {
    await watchContainers(
      this.#engine,
      `${LABEL.run}=${this.#input.run}`,
      this.#ended,
      ({ action, id, labels }) => {
        const node = labels[LABEL.node];
        if (action !== 'die' || node === undefined || this.#expectedExits.has(id)) return;
        describeExit(this.#engine, id).then(
          (how) => this.#failureController.abort(new DevnetError('node_died', `${node} ${how}`)),
          (failure: unknown) => this.#failureController.abort(failure),
        );
      },
      (failure) => this.#failureController.abort(failure),
    );
  }

  async #removeNodes(): Promise<void> {
    const { steps, networkState: observed } = this.#input;
    const leaving = steps.flatMap((step) =>
      step.do === 'remove node' ? (containerIdOf(observed, step.node) ?? []) : [],
    );
    for (const id of leaving) this.#expectedExits.add(id);
    const remove = createContainerRemover(this.#engine, observed?.network ? [observed.network.id] : []);
    await Promise.all(leaving.map((id) => this.#limit(() => remove(id))));
  }

  async #ensureNetwork(): Promise<EngineNetwork> {
    const { steps, networkState: observed, topology, run } = this.#input;
    const found = observed?.network;
    if (found && !steps.some((step) => step.do === 'remove network')) return found;
    if (found) {
      if (observed.tunnelId !== undefined) await removeContainer(this.#engine, observed.tunnelId);
      await removeNetwork(this.#engine, found.id);
    }
    const making = createNodeNetwork(this.#engine, topology, run);
    this.#pendingCreations.push(making);
    return making;
  }

  async #openDialer(network: EngineNetwork): Promise<Dialer> {
    const { topology, networkState: observed, run } = this.#input;
    let relayId = network === observed?.network ? observed.tunnelId : undefined;
    if (relayId === undefined && !(await isLocalAddress(network.gateway))) {
      const making = createTunnelContainer(this.#engine, topology.name, run, network);
      this.#pendingCreations.push(making);
      relayId = await making;
    }
    return openDialer(this.#engine, network, relayId);
  }

  /** Links fare as declared from the first packet on: what is asked of them stands before there are nodes. */
  async #applyLinkConditions(network: EngineNetwork, addresses: ReadonlyMap<string, string>): Promise<void> {
    const { topology, steps, networkState: observed, run } = this.#input;
    if (!steps.some((step) => step.do === 'set conditions')) return;
    const opening = observed
      ? ensureNetemContainer(this.#engine, observed)
      : createNetemContainer(this.#engine, topology.name, run);
    this.#pendingCreations.push(opening);
    const fresh = await applyLinkState(this.#engine, await opening, declaredLinkState(topology, network, addresses));
    // What is verified below is then what stays.
    if (observed) await reconnectLinks(this.#engine, observed, topology.links, fresh);
  }

  /** Every node, made where the plan says so, until it listens. */
  #startNodes(
    network: EngineNetwork,
    addresses: ReadonlyMap<string, string>,
    seeding: PeerSeeder,
    start: (id: string, name: string) => Promise<void>,
  ): Promise<void>[] {
    const { topology, steps, networkState: observed, run, defaultImage: bundled } = this.#input;
    const making = new Set(steps.flatMap((step) => (step.do === 'make node' ? step.node : [])));
    const paused = new Set(steps.flatMap((step) => (step.do === 'unpause node' ? step.node : [])));
    let started = 0;
    return topology.nodes.map(async (node) => {
      if (!making.has(node.name)) {
        const id = containerIdOf(observed, node.name) as string;
        if (paused.has(node.name)) await unpauseContainer(this.#engine, id, node.name);
        return this.#waitUntilListening(seeding, node, id, false);
      }
      const made = this.#limit(async () => {
        this.#failureController.signal.throwIfAborted();
        const address = addresses.get(node.name) as string;
        const spec = nodeContainerSpec(topology.name, run, node, placementOn(network, address), bundled);
        const id = await createContainer(this.#engine, spec);
        this.#failureController.signal.throwIfAborted();
        await start(id, node.name);
        this.#progress({ step: 'started', done: ++started });
        return id;
      });
      this.#pendingCreations.push(made);
      return this.#waitUntilListening(seeding, node, await made, true);
    });
  }

  async #waitUntilListening(
    seeding: PeerSeeder,
    { name: node, port }: TopologyNode,
    id: string,
    fresh: boolean,
  ): Promise<void> {
    if (await seeding.waitUntilListening(node, fresh)) return;
    const words = await readLastLines(this.#engine, id);
    const wrote = words === '' ? '; it wrote nothing' : `; its last lines:${words}`;
    throw new DevnetError(
      'node_silent',
      `${node} runs, but nothing listens on its port ${port} after ${this.#input.timeoutMs / 1000} s${wrote}`,
      { hint: `check \`port\` of ${node} in the topology; --timeout SECONDS waits longer` },
    );
  }

  #assertNoDrift(reports: Parameters<typeof findDrift>[2], addresses: ReadonlyMap<string, string>): Drift {
    const { topology, timeoutMs: timeout } = this.#input;
    const drift = findDrift(topology.links, addresses, reports);
    if (hasNoDrift(drift)) return drift;
    throw notVerifiedError(drift, timeout, '--keep leaves it up to look at; --timeout SECONDS waits longer');
  }
}

function containerIdOf(observed: NetworkState | undefined, node: string): string | undefined {
  return observed?.nodes.find(({ name }) => name === node)?.containerId;
}
