import { Writable } from 'node:stream';
import { listActiveFaults } from '../../controller/faults/active-faults.ts';
import type { FaultContext } from '../../controller/faults/fault-context.ts';
import { heal } from '../../controller/faults/heal.ts';
import { injectFault } from '../../controller/faults/inject-fault.ts';
import { injectNodeFault } from '../../controller/faults/node-faults.ts';
import { measureLinks } from '../../controller/inspect/measure-links.ts';
import { status } from '../../controller/inspect/read-status.ts';
import { down } from '../../controller/lifecycle/down.ts';
import type { Reaper } from '../../controller/lifecycle/reaper-container.ts';
import { restartNode } from '../../controller/lifecycle/restart-node.ts';
import { up } from '../../controller/lifecycle/up.ts';
import { readLinkConditions, readLinkState, readNetemReport } from '../../controller/links/link-state.ts';
import { ensureNetemAgent } from '../../controller/links/netem-container.ts';
import { openLogTail } from '../../controller/logs/log-tail.ts';
import { createDialer } from '../../controller/peers/container-dialer.ts';
import {
  commitDraft,
  createDraftRecord,
  discardDraft,
  findReplacedRecords,
} from '../../controller/state/network-record.ts';
import {
  findDevnet,
  findNodeContainer,
  type NetworkState,
  observe,
  toRunningNodes,
} from '../../controller/state/network-state.ts';
import { connectEngine, type Engine } from '../../engine/engine.ts';
import { execInContainer } from '../../engine/exec.ts';
import { RUNTIME_CAPABILITIES } from '../../network/capabilities.ts';
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
import type { LinkMeasurement, MeasureLinksOptions } from '../../network/link-measurement.ts';
import type { LogEntry } from '../../network/log-entry.ts';
import type { NetworkStatus } from '../../network/network-status.ts';
import type {
  ExecResult,
  NodeAddress,
  ReadLogOptions,
  RunningNetwork,
  RunningNode,
  StartFailureHandler,
  StartNodeOptions,
} from '../../network/running-network.ts';
import type { UpStep } from '../../network/up-step.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { Link, Topology } from '../../topology/index.ts';

export interface StartContainerNetworkOptions {
  /** @default the engine that the environment names */
  engine?: Engine;
  /** Milliseconds for each node to listen, and for the links to stand. @default 30,000 */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Leaves what was made when the start fails. @default false */
  keepOnFailure?: boolean;
  /** Removes a new network when this process ends, however it ends, until `keep` is called. @default false */
  ownedByProcess?: boolean;
  /** With `ownedByProcess`, called with the reaper of a new network before anything else of it exists. */
  onReaperStarted?: (reaper: Reaper) => void;
  /** Called when a new network fails to come up, before what was made of it is removed. */
  onFailed?: StartFailureHandler;
  onProgress?: (step: UpStep) => void;
}

/**
 * Brings a topology up in containers; where a network of its name runs, applies the difference. Returns once every link
 * was read back from the nodes.
 * @throws DevnetError what `up` throws
 */
export async function startContainerNetwork(
  topology: Topology,
  options: StartContainerNetworkOptions = {},
): Promise<RunningNetwork> {
  const { timeoutMs, signal, keepOnFailure = false, ownedByProcess = false, onFailed, onProgress } = options;
  const engine = options.engine ?? (await connectEngine());
  let reaper: Reaper | undefined;
  try {
    const { devnet } = await up(engine, topology, {
      keep: keepOnFailure,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
      ...(ownedByProcess
        ? {
            onReaperStarted: (started: Reaper) => {
              reaper = started;
              options.onReaperStarted?.(started);
            },
          }
        : {}),
      onFailed: async (cause: Error) => {
        const left = onFailed && (await observe(engine, topology.name));
        if (left) await onFailed(cause, new ContainerNetwork(engine, topology, left));
      },
    });
    return new ContainerNetwork(engine, topology, devnet, reaper);
  } catch (cause) {
    await (keepOnFailure ? reaper?.cancel() : reaper?.release());
    throw cause;
  }
}

/**
 * Attaches to a network that runs on an engine, whoever started it.
 * @param name of the network; absent: the only one there is
 * @throws DevnetError `no_such_devnet`
 */
export async function attachContainerNetwork(engine: Engine, name?: string): Promise<RunningNetwork> {
  const state = await findDevnet(engine, name);
  if (state.topology) return new ContainerNetwork(engine, state.topology, state);
  throw new DevnetError('no_such_devnet', `only remains of the network "${state.name}" are left`, {
    hint: `devnet down ${state.name} removes them`,
  });
}

class ContainerNetwork implements RunningNetwork {
  readonly name: string;
  readonly runtime = 'containers';
  readonly capabilities = RUNTIME_CAPABILITIES.containers;
  topology: Topology;
  readonly addresses: ReadonlyMap<string, NodeAddress>;
  readonly dialer: Dialer;
  readonly #engine: Engine;
  readonly #runId: string;
  readonly #reaper: Reaper | undefined;
  /** An observation under way that faults injected at the same time share. */
  #sharedObservation: Promise<NetworkState> | undefined;
  #down: Promise<void> | undefined;

  constructor(engine: Engine, topology: Topology, state: NetworkState, reaper?: Reaper) {
    this.#engine = engine;
    this.#runId = state.run;
    this.#reaper = reaper;
    this.name = topology.name;
    this.topology = topology;
    this.addresses = new Map(state.nodes.map(({ name, address, port }) => [name, { host: address, port }]));
    this.dialer = createDialer(engine, state);
  }

  async nodes(): Promise<RunningNode[]> {
    return toRunningNodes(await this.#observe());
  }

  async status(): Promise<NetworkStatus> {
    return status(this.#engine, await this.#observe());
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
    await restartNode(this.#engine, this.name, node, options);
  }

  async restart(node: string, options: StartNodeOptions = {}): Promise<void> {
    const { state } = findNodeContainer(await this.#observe(), node);
    if (state === 'paused') await this.unpause(node, options);
    if (state === 'paused' || state === 'running') await this.stop(node);
    await this.start(node, options);
  }

  async exec(node: string, command: readonly string[]): Promise<ExecResult> {
    const [stdout, stderr] = [new OutputCollector(), new OutputCollector()];
    const { containerId } = findNodeContainer(await this.#observe(), node);
    const exitCode = await execInContainer(this.#engine, containerId, command, { stdout, stderr });
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  }

  async prepareFaults(faults: readonly Fault[]): Promise<void> {
    // The agent's container takes about a second to start.
    if (faults.some(isLinkFault)) await ensureNetemAgent(this.#engine, await this.#observe());
  }

  async inject(fault: Fault, id: FaultId = { name: newFaultName(fault) }): Promise<FaultHandle> {
    this.#sharedObservation ??= this.#observe().finally(() => {
      this.#sharedObservation = undefined;
    });
    return injectFault({ engine: this.#engine, devnet: await this.#sharedObservation }, fault, id);
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
    return measureLinks(this.#engine, await this.#observe(), options);
  }

  async declareLinks(links: readonly Link[], apply: (nodes: readonly RunningNode[]) => Promise<void>): Promise<void> {
    const topology = { ...this.topology, links: [...links] };
    const state = await this.#observe();
    // Other processes compare the network with its record; while that is a draft, nobody else changes the network.
    const draft = await createDraftRecord(this.#engine, topology, state.run, state.nodes[0]?.imageId as string);
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

/** A stream that keeps what is written to it. */
class OutputCollector extends Writable {
  readonly #chunks: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}
