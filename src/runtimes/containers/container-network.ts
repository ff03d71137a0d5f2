import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { type HealResult, heal } from '../../controller/faults/heal.ts';
import { injectFault } from '../../controller/faults/inject-fault.ts';
import { down } from '../../controller/lifecycle/down.ts';
import type { Reaper } from '../../controller/lifecycle/reaper-container.ts';
import { restartNode } from '../../controller/lifecycle/restart-node.ts';
import { up } from '../../controller/lifecycle/up.ts';
import { tailLogs } from '../../controller/logs/log-tail.ts';
import { type Dialer, openDialer } from '../../controller/peers/dialer.ts';
import { findNode } from '../../controller/peers/send-message.ts';
import {
  commitDraft,
  createDraftRecord,
  discardDraft,
  findReplacedRecords,
} from '../../controller/state/network-record.ts';
import { type NetworkState, observe } from '../../controller/state/network-state.ts';
import { killContainer, pauseContainer, stopContainer } from '../../engine/containers.ts';
import { connectEngine, type Engine } from '../../engine/engine.ts';
import { execInContainer } from '../../engine/exec.ts';
import type { Fault } from '../../network/fault.ts';
import type { LogEntry } from '../../network/log-entry.ts';
import type {
  ExecResult,
  FaultHandle,
  ReadLogOptions,
  RunningNetwork,
  RunningNode,
} from '../../network/running-network.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { NetworkDumpSource, StartFailureHandler } from '../../testing/artifacts.ts';
import type { Link, Topology } from '../../topology/index.ts';
import { containerDumpSource } from './container-dump-source.ts';

/** How long a node may take to end when it is asked to, seconds; then it is made to. */
const STOP_GRACE_SECONDS = 5;

interface StartContainerNetworkOptions {
  /** Milliseconds. */
  timeout: number;
  signal: AbortSignal;
  /** On failure leave what was made, to look at. */
  keepOnFailure: boolean;
  onFailed: StartFailureHandler;
}

/**
 * Brings a topology up in containers, and returns once the links stand.
 * @throws DevnetError what `up` throws
 */
export async function startContainerNetwork(
  topology: Topology,
  { timeout, signal, keepOnFailure: keep, onFailed: failed }: StartContainerNetworkOptions,
): Promise<RunningNetwork> {
  const engine = await connectEngine();
  let reaper: Reaper | undefined;
  const owned = (made: Reaper) => {
    reaper = made;
  };
  const options = {
    timeout,
    signal,
    keep,
    owned,
    failed: async (why: Error) => {
      const left = await observe(engine, topology.name);
      if (left) await failed(why, containerDumpSource(engine, left));
    },
  };
  const { devnet } = await up(engine, topology, options).catch(async (cause: unknown) => {
    await (keep ? reaper?.cancel() : reaper?.release());
    throw cause;
  });
  try {
    if (!devnet.network) throw networkGoneError(topology.name);
    const route = await openDialer(engine, devnet.network, devnet.tunnelId);
    return new ContainerNetwork(engine, topology, devnet, route, reaper);
  } catch (cause) {
    await down(engine, devnet);
    reaper?.release();
    throw cause;
  }
}

class ContainerNetwork implements RunningNetwork {
  readonly runtime = 'containers';
  topology: Topology;
  readonly dialer: Dialer;
  readonly #engine: Engine;
  readonly #runId: string;
  readonly #reaper: Reaper | undefined;

  constructor(engine: Engine, topology: Topology, { run }: NetworkState, route: Dialer, reaper: Reaper | undefined) {
    this.#reaper = reaper;
    this.#engine = engine;
    this.topology = topology;
    this.#runId = run;
    this.dialer = route;
  }

  async nodes(): Promise<RunningNode[]> {
    return toRunningNodes(await this.#observe());
  }

  async *readLog(options: ReadLogOptions): AsyncGenerator<LogEntry[]> {
    yield* tailLogs(this.#engine, await this.#observe(), options);
  }

  async kill(node: string): Promise<void> {
    await killContainer(this.#engine, await this.#containerId(node), node);
  }

  async stop(node: string): Promise<void> {
    await stopContainer(this.#engine, await this.#containerId(node), node, STOP_GRACE_SECONDS);
  }

  async pause(node: string): Promise<void> {
    await pauseContainer(this.#engine, await this.#containerId(node), node);
  }

  async start(node: string, timeout: number, signal: AbortSignal): Promise<void> {
    await restartNode(this.#engine, this.topology.name, node, { timeout, signal });
  }

  async inject(fault: Fault, name = `${fault.kind}-${randomBytes(3).toString('hex')}`): Promise<FaultHandle> {
    return injectFault({ engine: this.#engine, devnet: await this.#observe() }, fault, { name });
  }

  async heal(names?: readonly string[]): Promise<HealResult> {
    return heal({ engine: this.#engine, devnet: await this.#observe() }, names);
  }

  /** It is to stay, whatever becomes of this process. */
  async leaveRunning(): Promise<void> {
    await this.#reaper?.cancel();
  }

  async exec(node: string, command: readonly string[]): Promise<ExecResult> {
    const [stdout, stderr] = [new OutputCollector(), new OutputCollector()];
    const exitCode = await execInContainer(this.#engine, await this.#containerId(node), command, { stdout, stderr });
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  }

  async dumpSource(): Promise<NetworkDumpSource> {
    return containerDumpSource(this.#engine, await this.#observe());
  }

  async declareLinks(
    links: readonly Link[],
    carryOut: (nodes: readonly RunningNode[]) => Promise<void>,
  ): Promise<void> {
    const topology = { ...this.topology, links: [...links] };
    const observed = await this.#observe();
    // Whoever looks at this devnet from elsewhere compares with its record; while that is a draft, nobody else changes it.
    const draft = await createDraftRecord(this.#engine, topology, observed.run, observed.nodes[0]?.imageId as string);
    const older = findReplacedRecords(this.#engine, draft);
    older.catch(() => {}); // Told when it is needed.
    try {
      await carryOut(toRunningNodes(observed));
    } catch (cause) {
      await discardDraft(this.#engine, draft);
      throw cause;
    }
    await commitDraft(this.#engine, draft, await older);
    this.topology = topology;
  }

  async down(): Promise<void> {
    this.dialer.close();
    const left = await observe(this.#engine, this.topology.name);
    if (left?.run === this.#runId) await down(this.#engine, left);
    this.#reaper?.release();
  }

  async #observe(): Promise<NetworkState> {
    const found = await observe(this.#engine, this.topology.name);
    if (found?.run !== this.#runId) throw networkGoneError(this.topology.name);
    return found;
  }

  async #containerId(node: string): Promise<string> {
    return findNode(await this.#observe(), node).containerId;
  }
}

function toRunningNodes({ nodes }: NetworkState): RunningNode[] {
  return nodes.map(({ name, state, address, port }) => ({ name, state, host: address, port }));
}

function networkGoneError(name: string): DevnetError {
  return new DevnetError('no_such_devnet', `the devnet "${name}" is gone: it was taken down elsewhere`);
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
