import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import type { Engine } from '../../engine/connection/engine.ts';
import { readEngineFeatures } from '../../engine/connection/engine-features.ts';
import { unpauseContainer } from '../../engine/container-lifecycle.ts';
import { createContainer, removeContainer } from '../../engine/containers.ts';
import {
  type ContainerStarter,
  createContainerRemover,
  createContainerStarter,
  maxParallelContainers,
} from '../../engine/endpoint-count-workaround.ts';
import { watchContainers } from '../../engine/events.ts';
import { type EngineNetwork, removeNetwork } from '../../engine/networks.ts';
import { type Drift, findDrift, hasNoDrift } from '../../network/links/drift.ts';
import { namesByAddress } from '../../network/node-names.ts';
import type { PlanStep } from '../../network/plan-step.ts';
import { notVerifiedError } from '../../network/reconcile/not-verified-error.ts';
import type { UpStep } from '../../network/runtime.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import { createGate } from '../../shared/time/gate.ts';
import { raceSignal } from '../../shared/time/race-signal.ts';
import type { Topology, TopologyNode } from '../../topology/index.ts';
import { reconnectContainerLinks } from '../links/container-links.ts';
import { describeRemovedRules, removeRulesInWay } from '../links/leftover-rules.ts';
import type { AppliedLinkState, LinkAgent } from '../links/link-access.ts';
import { containerLinkState, isLargeNetwork } from '../links/link-state.ts';
import { applyLinkState } from '../links/netem-agent.ts';
import { openLinkAgent } from '../links/open-link-agent.ts';
import { limitationOf } from '../links/update-link-state.ts';
import { describeExit, describeLastLines } from '../logs/container-exit.ts';
import { createDialer } from '../peers/container-dialer.ts';
import { assignAddresses } from '../state/address-plan.ts';
import { LABEL } from '../state/labels.ts';
import type { NetworkState, ObservedNode } from '../state/network-state.ts';
import { createNodeNetwork } from './create-network.ts';
import { nodeContainerSpec, placementOn } from './node-container.ts';
import { PeerSeeder } from './peer-seeder.ts';
import { reconnectNode, redialLinksOf } from './reconnect-node.ts';

/** Input of a rollout: the plan and the state it starts from. */
export interface RolloutInput {
  topology: Topology;
  steps: readonly PlanStep[];
  /** Undefined for a new network. */
  networkState: NetworkState | undefined;
  /** True if the netem agent gave its state when `networkState` was read. */
  netemAnswered: boolean;
  run: string;
  /** Image of the nodes that declare none. */
  defaultImage: string;
  /** Host of each node, in a swarm. */
  hosts: ReadonlyMap<string, string>;
  /** Time without progress for nodes to listen, and for links to connect. */
  timeoutMs: number;
}

export interface RolloutResult {
  /** Without differences; `unknown` has the links that no node reports. */
  drift: Drift;
  /** Sentences for the user: what is not as usual, and why. */
  notes: readonly string[];
}

/**
 * Executes a plan, and returns when the graph is the declared one. The steps overlap: a node is dialed while others are still
 * created, a link is seeded once both its ends listen, so that the first dial succeeds, and a node's links are verified as
 * soon as the last one was seeded. The first failure stops all parts. What they created is left for the caller to remove.
 * @param signal aborts the rollout with its reason as the error
 * @throws DevnetError `subnet_taken`, `node_died`, `node_silent`, `not_verified`, `engine_gone`, …
 */
export async function rollOut(
  engine: Engine,
  input: RolloutInput,
  signal: AbortSignal | undefined,
  onProgress: (step: UpStep) => void,
): Promise<RolloutResult> {
  const failure = new AbortController();
  const onAbort = () => failure.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  const done = new AbortController();
  const rollout = new Rollout(engine, input, failure, done.signal, onProgress);
  try {
    await rollout.watchExits();
    return { drift: await rollout.run(), notes: rollout.notes };
  } catch (cause) {
    failure.abort(cause);
    await rollout.creationsSettled();
    throw failure.signal.reason;
  } finally {
    done.abort();
    signal?.removeEventListener('abort', onAbort);
  }
}

class Rollout {
  readonly notes: string[] = [];
  readonly #engine: Engine;
  readonly #input: RolloutInput;
  /** Aborted with the first failure. */
  readonly #signal: AbortSignal;
  /** Aborted with the first failure, or at the end. */
  readonly #ended: AbortSignal;
  readonly #fail: (cause: unknown) => void;
  readonly #onProgress: (step: UpStep) => void;
  readonly #limit: ReturnType<typeof pLimit>;
  /** Requests to the engine that create something: it can be removed only after they have settled. */
  readonly #creations: Promise<unknown>[] = [];
  /** Nodes that existed before, by name. */
  readonly #found: ReadonlyMap<string, ObservedNode>;
  /** Names of the nodes that the plan makes. */
  readonly #made: ReadonlySet<string>;
  /** Containers that the plan removes. */
  readonly #expectedExits = new Set<string>();

  constructor(
    engine: Engine,
    input: RolloutInput,
    failure: AbortController,
    done: AbortSignal,
    onProgress: (step: UpStep) => void,
  ) {
    this.#engine = engine;
    this.#limit = pLimit(maxParallelContainers(engine));
    this.#input = input;
    this.#found = new Map(input.networkState?.nodes.map((node) => [node.name, node]));
    this.#made = new Set(input.steps.flatMap((step) => (step.do === 'make node' ? step.node : [])));
    this.#signal = failure.signal;
    setMaxListeners(0, this.#signal); // One for each node.
    this.#ended = AbortSignal.any([failure.signal, done]);
    this.#fail = (cause) => failure.abort(cause);
    this.#onProgress = onProgress;
  }

  async creationsSettled(): Promise<void> {
    await Promise.allSettled(this.#creations);
  }

  async run(): Promise<Drift> {
    this.#signal.throwIfAborted();
    const { topology, steps, networkState, timeoutMs } = this.#input;
    await this.#removeNodes();
    const network = await this.#ensureNetwork();
    const reconnected = await this.#reconnectNodes(network);
    this.#onProgress({ step: 'network', subnet: network.subnet, internal: network.internal });
    const isKept = network === networkState?.network;
    const addresses = assignAddresses(topology, network.subnet, isKept ? networkState : undefined);
    const start = await createContainerStarter(this.#engine, network.id, this.#ended, this.#fail);
    const tunnelStarts = createGate();
    const dialer = createDialer(this.#engine, { name: topology.name, run: this.#input.run, network }, (id, name) => {
      const started = start(id, name);
      tunnelStarts.open();
      return started;
    });
    // Podman makes the bridge with the first container on it, and the agent needs the bridge.
    if (network.hasBridgeAddress) await this.#creation(dialer.open());
    // Where the agent adds the bridge's address, there is a way to the nodes that is shorter than the tunnel.
    await this.#applyLinkConditions(network, addresses);
    await this.#leaveUntracked(network, addresses);
    const opened = this.#creation(dialer.open());
    opened.catch(this.#fail);
    // Where there is a bridge or a tunnel already, nothing starts.
    opened.then(tunnelStarts.open, tunnelStarts.open);
    // Before the nodes, which can be dialed only then; they are created meanwhile.
    const startAfterTunnel: ContainerStarter = async (id, name) => {
      await tunnelStarts.opened;
      await start(id, name);
    };
    const nodeAccess = {
      dialer,
      addresses: new Map(topology.nodes.map(({ name, port }) => [name, { host: addresses.get(name) as string, port }])),
    };
    const seeder = new PeerSeeder(nodeAccess, topology.links, steps, timeoutMs, this.#signal, this.#onProgress, () =>
      this.#removeRulesInWay(),
    );
    const kept = topology.links.filter(({ from, to }) => this.#isKept(from) && this.#isKept(to));
    if (reconnected.size > 0) await redialLinksOf(nodeAccess, kept, reconnected, timeoutMs, this.#signal);
    const nodes = this.#startNodes(network, addresses, seeder, startAfterTunnel, opened);
    try {
      await raceSignal(Promise.all(nodes), this.#signal);
      const reports = await raceSignal(seeder.verified(), this.#signal);
      const drift = findDrift(topology.links, namesByAddress(nodeAccess), reports);
      if (hasNoDrift(drift)) return drift;
      throw notVerifiedError(
        drift,
        timeoutMs,
        '--keep keeps the network to look at it; --timeout SECONDS waits longer',
      );
    } finally {
      for (const node of nodes) node.catch(() => {}); // The first failure is the one that is thrown.
      seeder.close();
      dialer.close();
    }
  }

  /** Fails the rollout as soon as a node dies. */
  async watchExits(): Promise<void> {
    await watchContainers(
      this.#engine,
      `${LABEL.run}=${this.#input.run}`,
      this.#ended,
      ({ action, id, labels }) => {
        const node = labels[LABEL.node];
        if (action !== 'die' || node === undefined || this.#expectedExits.has(id)) return;
        describeExit(this.#engine, id).then(
          (exit) => this.#fail(new DevnetError('node_died', `${node} ${exit}`)),
          this.#fail,
        );
      },
      this.#fail,
    );
  }

  async #removeNodes(): Promise<void> {
    const { steps, networkState } = this.#input;
    const ids = steps.flatMap((step) => (step.do === 'remove node' ? (this.#containerId(step.node) ?? []) : []));
    for (const id of ids) this.#expectedExits.add(id);
    const remove = createContainerRemover(this.#engine, networkState?.network ? [networkState.network.id] : []);
    await Promise.all(ids.map((id) => this.#limit(() => remove(id))));
  }

  async #ensureNetwork(): Promise<EngineNetwork> {
    const { steps, networkState, topology, run } = this.#input;
    const found = networkState?.network;
    if (found && !steps.some((step) => step.do === 'remove network')) return found;
    if (found) {
      if (networkState.tunnelId !== undefined) await removeContainer(this.#engine, networkState.tunnelId);
      await removeNetwork(this.#engine, found.id);
    }
    return this.#creation(createNodeNetwork(this.#engine, topology, run));
  }

  /** One after the other: engines miscount a network's endpoints when several change at once. */
  async #reconnectNodes(network: EngineNetwork): Promise<Set<string>> {
    const { steps, networkState } = this.#input;
    const names = new Set(steps.flatMap((step) => (step.do === 'reconnect node' ? step.node : [])));
    for (const node of networkState?.nodes.filter(({ name }) => names.has(name)) ?? [])
      await this.#creation(reconnectNode(this.#engine, network.id, node));
    return names;
  }

  /** Applies link conditions, and closes the network where the engine does not, before the first node starts. */
  async #applyLinkConditions(network: EngineNetwork, addresses: ReadonlyMap<string, string>): Promise<void> {
    const { topology, steps, networkState, run, hosts } = this.#input;
    const { netemId, netemIds = new Map() } = networkState ?? {};
    const setsConditions = steps.some((step) => step.do === 'set conditions');
    const needsRules =
      network.internal && network.hasBridgeAddress && (await readEngineFeatures(this.#engine)).hostBridges;
    // The agents of a swarm's hosts have to know where nodes are that this rollout moves.
    if (!setsConditions && !needsRules && netemIds.size === 0) return;
    const declared = containerLinkState(topology, network, addresses);
    let applied: Awaited<ReturnType<LinkAgent['apply']>> | undefined;
    // Each question to the agent is an exec, so one that answered when the plan was made is not asked whether it does.
    if (setsConditions && this.#input.netemAnswered && netemId !== undefined && !this.#engine.hosts)
      applied = await applyLinkState(this.#engine, netemId, declared).catch(() => undefined); // It ended meanwhile, or fails again below.
    if (!applied) {
      const agent = await this.#creation(
        openLinkAgent(this.#engine, { name: topology.name, run, netemId, netemIds, network, hosts }),
      );
      // An agent that has a state applies it when it starts.
      if (!setsConditions && (!needsRules || agent.current.state?.closed !== undefined)) return;
      applied = await agent.apply(declared);
    }
    // Nothing conflicts with a state that replaces any.
    const { fresh, ...outcome } = applied as AppliedLinkState;
    const directions = declared.conditions.map(({ from, to }) => `${from} ${to}`);
    // That the proxy applies conditions is said by the plan.
    const limitation = limitationOf({ ...outcome, fresh, proxied: [] }, directions);
    if (limitation !== undefined) this.notes.push(limitation);
    // Before the links are verified, since a verified link must stay.
    if (networkState) await reconnectContainerLinks(this.#engine, networkState, topology.links, fresh);
  }

  /** Has the kernel not track the connections of a large network, which makes its removal much faster. */
  async #leaveUntracked(network: EngineNetwork, addresses: ReadonlyMap<string, string>): Promise<void> {
    const { topology, networkState, run } = this.#input;
    // Also one that was large: a `down` that removed it in part has its bridge pass nothing.
    const isLarge = [topology, networkState?.topology].some((one) => one && isLargeNetwork(one));
    if (!isLarge || this.#engine.hosts || !(await readEngineFeatures(this.#engine)).hostBridges) return;
    const links = {
      name: topology.name,
      run,
      netemId: networkState?.netemId,
      netemIds: new Map(),
      network,
      hosts: new Map(),
    };
    try {
      const agent = await this.#creation(openLinkAgent(this.#engine, links));
      const { state, revision } = agent.current;
      if (state?.untracked !== undefined) return;
      const declared = containerLinkState(topology, network, addresses);
      const untracked = { ...(state ?? declared), nodes: declared.nodes, untracked: network.subnet };
      // One that a `down` has cleared takes no state that was made from an earlier one.
      await (state ? agent.apply(untracked, revision) : agent.apply(untracked));
    } catch (cause) {
      this.#signal.throwIfAborted();
      this.notes.push(`its removal will take longer: the netem agent does not work: ${describeError(cause)}`);
    }
  }

  /** Removes rules of networks that are gone, and of an agent that is: they keep links from connecting, and nobody sees them. */
  async #removeRulesInWay(): Promise<boolean> {
    const { topology, run, networkState } = this.#input;
    const network = { name: topology.name, run, netemId: networkState?.netemId };
    // Where that fails, so does the verification, and says which links are missing.
    const removed = await this.#creation(removeRulesInWay(this.#engine, network)).catch(() => []);
    if (removed.length > 0) this.notes.push(describeRemovedRules(removed));
    return removed.length > 0;
  }

  /**
   * Creates, unpauses or keeps each node.
   * @param opened resolves when nodes can be dialed
   * @returns a promise for each, which resolves when the node listens
   */
  #startNodes(
    network: EngineNetwork,
    addresses: ReadonlyMap<string, string>,
    seeder: PeerSeeder,
    start: ContainerStarter,
    opened: Promise<unknown>,
  ): Promise<void>[] {
    const { topology, steps, run, defaultImage, hosts } = this.#input;
    const paused = new Set(steps.flatMap((step) => (step.do === 'unpause node' ? step.node : [])));
    // The tunnel starts together with the nodes; a node's time begins when it can be dialed.
    const waitUntilListening = async (node: TopologyNode, id: string, justStarted: boolean) => {
      await opened;
      await this.#waitUntilListening(seeder, node, id, justStarted);
    };
    let started = 0;
    return topology.nodes.map(async (node) => {
      if (!this.#made.has(node.name)) {
        const id = this.#containerId(node.name) as string;
        if (paused.has(node.name)) await unpauseContainer(this.#engine, id, node.name);
        return waitUntilListening(node, id, false);
      }
      const creation = this.#limit(async () => {
        this.#signal.throwIfAborted();
        const placement = placementOn(network, addresses.get(node.name) as string, hosts.get(node.name));
        const id = await createContainer(
          this.#engine,
          nodeContainerSpec(topology.name, run, node, placement, defaultImage),
        );
        this.#signal.throwIfAborted();
        await start(id, node.name);
        this.#onProgress({ step: 'started', done: ++started });
        return id;
      });
      return waitUntilListening(node, await this.#creation(creation), true);
    });
  }

  async #waitUntilListening(seeder: PeerSeeder, node: TopologyNode, id: string, justStarted: boolean): Promise<void> {
    if (await seeder.waitUntilListening(node.name, justStarted)) return;
    const lines = await describeLastLines(this.#engine, id);
    throw new DevnetError(
      'node_silent',
      `${node.name} runs, but nothing listens on its port ${node.port} after ${this.#input.timeoutMs / 1000} s${lines}`,
      { hint: `check \`port\` of ${node.name} in the topology; --timeout SECONDS waits longer` },
    );
  }

  #creation<T>(creation: Promise<T>): Promise<T> {
    this.#creations.push(creation);
    return creation;
  }

  /** Returns whether a node runs before, during and after the rollout. */
  #isKept(node: string): boolean {
    return this.#found.get(node)?.state === 'running' && !this.#made.has(node);
  }

  #containerId(node: string): string | undefined {
    return this.#found.get(node)?.containerId;
  }
}
