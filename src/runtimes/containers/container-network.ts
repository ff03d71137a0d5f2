import { setMaxListeners } from 'node:events';
import { captureInContainers } from '../../controller/capture/capture-container.ts';
import { listActiveFaults } from '../../controller/faults/active-faults.ts';
import type { FaultContext } from '../../controller/faults/fault-context.ts';
import { heal } from '../../controller/faults/heal.ts';
import { injectFault } from '../../controller/faults/inject-fault.ts';
import { injectNodeFault } from '../../controller/faults/node-faults.ts';
import { measureLinks } from '../../controller/inspect/measure-links.ts';
import { startProbeContainer } from '../../controller/inspect/probe-container.ts';
import { status } from '../../controller/inspect/read-status.ts';
import { down } from '../../controller/lifecycle/down.ts';
import type { Reaper } from '../../controller/lifecycle/reaper/reaper.ts';
import { restartNodes } from '../../controller/lifecycle/restart-nodes.ts';
import { readLinkConditions, readLinkState, readNetemReport } from '../../controller/links/link-state.ts';
import { openLinkAgent } from '../../controller/links/open-link-agent.ts';
import { openLogTail } from '../../controller/logs/tail-logs.ts';
import { createDialer } from '../../controller/peers/container-dialer.ts';
import { assertEngineSupports, runtimeOf } from '../../controller/state/engine-support.ts';
import {
  commitDraft,
  createDraftRecord,
  discardDraft,
  findReplacedRecords,
  recordImageOf,
} from '../../controller/state/network-record.ts';
import {
  findNodeContainer,
  type NetworkState,
  nodeAddressesOf,
  type ObservedNode,
  observe,
  toRunningNodes,
} from '../../controller/state/network-state.ts';
import type { Engine } from '../../engine/connection/engine.ts';
import { measureClockOffset } from '../../engine/connection/measure-clock-offset.ts';
import { type ExecStreams, execInContainer } from '../../engine/exec.ts';
import { type ResourceUsage, watchResourceUsage } from '../../engine/resource-usage.ts';
import {
  assertSupported,
  type Capability,
  faultRequirements,
  RUNTIME_CAPABILITIES,
  type RuntimeName,
} from '../../network/capabilities.ts';
import type { Dialer } from '../../network/dialer.ts';
import {
  type ActiveFault,
  type ActiveLinkConditions,
  type Fault,
  type FaultHandle,
  type FaultId,
  type HealResult,
  type HealTarget,
  isLinkFault,
  newFaultName,
} from '../../network/fault.ts';
import type { LinkMeasurement, MeasureLinksOptions } from '../../network/links/link-measurement.ts';
import type { LogEntry } from '../../network/log-entry.ts';
import type { NetworkStatus } from '../../network/network-status.ts';
import type {
  CapturedPart,
  CaptureOptions,
  NetworkSummary,
  NodeAddress,
  ReadLogOptions,
  RunningNetwork,
  RunningNode,
  StartNodeOptions,
  StatusOptions,
} from '../../network/running-network.ts';
import { DevnetError } from '../../shared/errors.ts';
import { type ClockOffset, SAME_CLOCK } from '../../shared/time/clock-offset.ts';
import type { Link, Topology } from '../../topology/index.ts';

/** Returns what the engine knows of a network. */
export function summarize(state: NetworkState): NetworkSummary {
  const { name, run, created, topology, network, nodes, isSwarm } = state;
  return {
    name,
    runtime: isSwarm ? 'swarm' : 'containers',
    run,
    created,
    ...(network ? { subnet: network.subnet } : {}),
    nodes: toRunningNodes(state).map((node, index) => ({ ...node, container: nodes[index]!.containerId })),
    ...(topology ? { declared: { nodes: topology.nodes.length, links: topology.links.length } } : {}),
  };
}

/** A network in containers, on one engine or on the hosts of a swarm. */
export class ContainerNetwork implements RunningNetwork {
  readonly name: string;
  readonly runtime: RuntimeName;
  readonly capabilities: ReadonlySet<Capability>;
  topology: Topology;
  readonly addresses: ReadonlyMap<string, NodeAddress>;
  readonly dialer: Dialer;
  readonly #engine: Engine;
  readonly #runId: string;
  readonly #reaper: Reaper | undefined;
  /** An observation under way that faults injected at the same time share. */
  #sharedObservation: Promise<NetworkState> | undefined;
  #sharedClockOffset: Promise<ClockOffset> | undefined;
  #down: Promise<void> | undefined;

  constructor(engine: Engine, topology: Topology, state: NetworkState, reaper?: Reaper) {
    this.#engine = engine;
    this.#runId = state.run;
    this.#reaper = reaper;
    this.runtime = runtimeOf(engine);
    this.capabilities = RUNTIME_CAPABILITIES[this.runtime];
    this.name = topology.name;
    this.topology = topology;
    this.addresses = nodeAddressesOf(state);
    this.dialer = createDialer(engine, state);
  }

  clockOffset(): Promise<ClockOffset> {
    return measureClockOffset(this.#engine);
  }

  async nodes(): Promise<RunningNode[]> {
    return toRunningNodes(await this.#observe());
  }

  async summary(): Promise<NetworkSummary> {
    return summarize(await this.#observe());
  }

  async status(options?: StatusOptions): Promise<NetworkStatus> {
    return status(this.#engine, await this.#observe(), options);
  }

  async readLog({ since, windowMs, ...options }: ReadLogOptions): Promise<AsyncIterable<LogEntry[]>> {
    return openLogTail(this.#engine, await this.#observe(), {
      ...options,
      ...(since === undefined ? {} : { since: since / 1_000 }),
      ...(windowMs === undefined ? {} : { windowMs }),
    });
  }

  kill(node: string): Promise<void> {
    return this.#end('kill', node);
  }

  stop(node: string): Promise<void> {
    return this.#end('stop', node);
  }

  async pause(node: string): Promise<void> {
    await injectNodeFault(await this.#faultContext(), { kind: 'pause', node });
  }

  async unpause(node: string, options?: StartNodeOptions): Promise<void> {
    await this.start(node, options);
  }

  async start(node: string, options?: StartNodeOptions): Promise<void> {
    await restartNodes(this.#engine, this.name, [node], options);
  }

  async restart(node: string, options: StartNodeOptions = {}): Promise<void> {
    const { state } = findNodeContainer(await this.#observe(), node);
    if (state === 'paused') await this.unpause(node, options);
    if (state === 'paused' || state === 'running') await this.stop(node);
    await this.start(node, options);
  }

  async exec(node: string, command: readonly string[], streams: ExecStreams): Promise<number> {
    const { containerId } = findNodeContainer(await this.#observe(), node);
    return execInContainer(this.#engine, containerId, command, streams);
  }

  async watchUsage(onUsage: (node: string, usage: ResourceUsage) => void, signal: AbortSignal): Promise<void> {
    await assertEngineSupports(this.#engine, [{ capability: 'resource-usage', feature: 'top' }]);
    const running = (await this.#observe()).nodes.filter(({ state }) => state === 'running');
    setMaxListeners(0, signal); // One for each node.
    await Promise.all(
      running.map(({ name, containerId }) =>
        watchResourceUsage(this.#engine, containerId, signal, (usage) => onUsage(name, usage)),
      ),
    );
  }

  async capturePackets(options: CaptureOptions): Promise<AsyncIterable<CapturedPart>> {
    await assertEngineSupports(this.#engine, [{ capability: 'capture', feature: 'capture' }]);
    return captureInContainers(this.#engine, await this.#observe(), options);
  }

  async prepareFaults(faults: readonly Fault[]): Promise<void> {
    await assertEngineSupports(this.#engine, faultRequirements(faults));
    // The agent's container takes about a second to start.
    if (faults.some(isLinkFault)) await openLinkAgent(this.#engine, await this.#observe());
  }

  async inject(fault: Fault, id: FaultId = { name: newFaultName(fault) }): Promise<FaultHandle> {
    assertSupported(this.runtime, faultRequirements([fault]));
    this.#sharedObservation ??= this.#observe().finally(() => {
      this.#sharedObservation = undefined;
    });
    if (id.until !== undefined) {
      this.#sharedClockOffset ??= this.clockOffset().finally(() => {
        this.#sharedClockOffset = undefined;
      });
    }
    const [devnet, { offsetMs }] = await Promise.all([this.#sharedObservation, this.#sharedClockOffset ?? SAME_CLOCK]);
    const until = id.until === undefined ? {} : { until: id.until + offsetMs };
    return injectFault({ engine: this.#engine, devnet }, fault, { ...id, ...until });
  }

  async heal(targets?: readonly HealTarget[]): Promise<HealResult> {
    return heal(await this.#faultContext(), targets);
  }

  async activeFaults(): Promise<ActiveFault[]> {
    const state = await readLinkState(this.#engine, await this.#observe());
    return state ? listActiveFaults(state) : [];
  }

  async linkConditions(): Promise<ActiveLinkConditions[]> {
    return readLinkConditions(this.#engine, await this.#observe());
  }

  async measureLinks(options: MeasureLinksOptions = {}): Promise<LinkMeasurement[]> {
    assertSupported(this.runtime, [{ capability: 'link-conditions', feature: 'measuring links' }]);
    const devnet = await this.#observe();
    const containers = new Map(devnet.nodes.map((node) => [node.name, node]));
    return measureLinks(
      {
        links: devnet.topology?.links ?? [],
        nodes: toRunningNodes(devnet),
        active: await readLinkConditions(this.#engine, devnet),
        startProbe: ({ name }) => startProbeContainer(this.#engine, devnet, containers.get(name) as ObservedNode),
      },
      options,
    );
  }

  async declareLinks(links: readonly Link[], apply: (nodes: readonly RunningNode[]) => Promise<void>): Promise<void> {
    const topology = { ...this.topology, links: [...links] };
    const state = await this.#observe();
    // Other processes compare the network with its record; while that is a draft, nobody else changes the network.
    const draft = await createDraftRecord(this.#engine, topology, state.run, recordImageOf(state), state.hosts);
    const replaced = findReplacedRecords(this.#engine, draft);
    replaced.catch(() => {}); // Thrown by the await below.
    try {
      await apply(toRunningNodes(state));
    } catch (cause) {
      await discardDraft(this.#engine, draft);
      throw cause;
    }
    await commitDraft(this.#engine, draft, await replaced);
    this.topology = topology;
  }

  async linkReport(): Promise<object> {
    assertSupported(this.runtime, [{ capability: 'link-conditions', feature: 'the report of the links' }]);
    return (await readNetemReport(this.#engine, await this.#observe())) ?? {};
  }

  async versions(): Promise<Record<string, unknown>> {
    const { containers } = await this.#observe();
    return {
      engine: this.#engine.version,
      api: this.#engine.api,
      images: Object.fromEntries(containers.map(({ name, image, imageId }) => [name, `${image} ${imageId}`])),
    };
  }

  async keep(): Promise<void> {
    await this.#reaper?.cancel();
  }

  down(): Promise<void> {
    this.#down ??= this.#remove();
    return this.#down;
  }

  close(): void {
    this.dialer.close();
  }

  async #end(kind: 'kill' | 'stop', node: string): Promise<void> {
    const context = await this.#faultContext();
    const { state } = findNodeContainer(context.devnet, node);
    if (state === 'running' || state === 'paused') await injectNodeFault(context, { kind, node });
  }

  async #remove(): Promise<void> {
    this.close();
    const left = await observe(this.#engine, this.name);
    // Another network of this name may have taken its place.
    if (left?.run === this.#runId) await down(this.#engine, left);
    this.#reaper?.release();
  }

  async #observe(): Promise<NetworkState> {
    const state = await observe(this.#engine, this.name);
    if (state?.run === this.#runId) return state;
    throw new DevnetError('no_such_devnet', `the network "${this.name}" is gone: it was taken down elsewhere`);
  }

  async #faultContext(): Promise<FaultContext> {
    return { engine: this.#engine, devnet: await this.#observe() };
  }
}
