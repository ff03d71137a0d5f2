import type { Dialer } from '../../controller/peers/dialer.ts';
import { reconcileLinks } from '../../network/link-reconciler.ts';
import { CONTROLLER, type LogEntry, parseLogLine } from '../../network/log-entry.ts';
import type { ExecResult, ReadLogOptions, RunningNetwork, RunningNode } from '../../network/running-network.ts';
import { createLog, createNode, type Node } from '../../node/index.ts';
import { createMonotonicTimestamp } from '../../node/log/monotonic-timestamp.ts';
import { type NodeSettings, settingsFromEnvironment } from '../../node/settings.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { NetworkDumpSource, StartFailureHandler } from '../../testing/artifacts.ts';
import type { Link, Topology, TopologyNode } from '../../topology/index.ts';
import { ProcessLogBuffer } from './log-buffer.ts';
import { claimLoopbackRange, type LoopbackRange } from './loopback-range.ts';
import { readProcessStatus } from './process-status.ts';
import { assertSupportedByProcess, unsupportedError } from './unsupported.ts';

/** Exit codes that a container of the bundled node would have ended with. */
const KILLED_EXIT_CODE = 137;
const STOPPED_EXIT_CODE = 0;

/** A declared node, and while it runs, the node itself. */
interface NodeSlot {
  declared: TopologyNode;
  host: string;
  running: Node | undefined;
  /** Its connections may take a moment to end after it has. */
  closed: Promise<void>;
}

/**
 * Brings a topology up in this process, every node on a loopback address of its own, and returns once the links stand.
 * @throws DevnetError `usage` for what only containers can do, `host_limit`, `node_died`, `not_verified`
 */
export async function startProcessNetwork(
  topology: Topology,
  { timeout, signal, failed }: { timeout: number; signal: AbortSignal; failed?: StartFailureHandler },
): Promise<RunningNetwork> {
  assertSupportedByProcess(topology);
  const backend = new ProcessNetwork(topology, await claimLoopbackRange());
  try {
    await backend.startAll();
    await reconcileLinks(backend, topology.links, { timeoutMs: timeout, signal });
    return backend;
  } catch (cause) {
    await failed?.(cause, await backend.dumpSource());
    await backend.down();
    throw cause;
  }
}

class ProcessNetwork implements RunningNetwork {
  readonly runtime = 'process';
  topology: Topology;
  readonly #range: LoopbackRange;
  readonly #slots: Map<string, NodeSlot>;
  readonly #log = new ProcessLogBuffer();
  /** Seconds since the epoch. */
  readonly #createdAt = Date.now() / 1_000;
  /** One clock for all: times are in the order of what happened. */
  readonly #timestamp = createMonotonicTimestamp();

  constructor(topology: Topology, range: LoopbackRange) {
    this.topology = topology;
    this.#range = range;
    this.#slots = new Map(
      topology.nodes.map((declared, index) => [
        declared.name,
        { declared, host: range.addressOf(index), running: undefined, closed: Promise.resolve() },
      ]),
    );
  }

  get dialer(): Dialer {
    return this.#range.dialer;
  }

  async startAll(): Promise<void> {
    const starts = await Promise.allSettled([...this.#slots.values()].map((resident) => this.#startNode(resident)));
    // Not before all have started or failed: what is still about to start could not be stopped.
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
  }

  async nodes(): Promise<RunningNode[]> {
    return [...this.#slots.values()].map(({ declared: { name, port }, host, running }) => ({
      name,
      state: running ? 'running' : 'exited',
      host,
      port,
    }));
  }

  readLog(options: ReadLogOptions): AsyncIterable<LogEntry[]> {
    return this.#log.read(options);
  }

  async kill(node: string): Promise<void> {
    const resident = this.#slot(node);
    const { running } = resident;
    resident.running = undefined;
    this.#recordExit(resident, running?.stop(), KILLED_EXIT_CODE);
  }

  async stop(node: string): Promise<void> {
    const resident = this.#slot(node);
    const ending = resident.running?.stop();
    resident.running = undefined;
    this.#recordExit(resident, ending, STOPPED_EXIT_CODE);
    await ending;
  }

  /**
   * A frozen process neither reads nor lets a timer go off, while its kernel goes on taking connections and data. Nodes here
   * share one event loop, so to freeze one means to hold back every callback of its own; what would only look like it, such
   * as pausing its sockets while its timers take peers for dead, would teach a test something that is not so.
   */
  async pause(): Promise<void> {
    throw unsupportedError('pause');
  }

  async start(node: string, timeout: number, signal: AbortSignal): Promise<void> {
    const resident = this.#slot(node);
    if (!resident.running) {
      this.#logEvent('info', 'node_started', { of: node });
      await this.#startNode(resident);
    }
    await reconcileLinks(this, this.topology.links, { timeoutMs: timeout, signal, onlyNode: node });
  }

  async leaveRunning(): Promise<never> {
    throw unsupportedError("onFailure: 'keep'");
  }

  async inject(): Promise<never> {
    throw unsupportedError('faults on links');
  }

  async heal(): Promise<never> {
    throw unsupportedError('faults on links');
  }

  async exec(): Promise<ExecResult> {
    throw unsupportedError('exec');
  }

  async dumpSource(): Promise<NetworkDumpSource> {
    return {
      topology: this.topology,
      status: () => readProcessStatus(this, this.#range.subnet, this.#createdAt),
      readLog: (signal) => this.readLog({ follow: false, signal }),
      versions: () => ({ engine: this.runtime }),
    };
  }

  async declareLinks(
    links: readonly Link[],
    carryOut: (nodes: readonly RunningNode[]) => Promise<void>,
  ): Promise<void> {
    await carryOut(await this.nodes());
    this.topology = { ...this.topology, links: [...links] };
  }

  async down(): Promise<void> {
    await Promise.all([...this.#slots.values()].map(({ running, closed: ending }) => running?.stop() ?? ending));
    for (const resident of this.#slots.values()) resident.running = undefined;
    this.#log.close();
    this.#range.release();
  }

  async #startNode(resident: NodeSlot): Promise<void> {
    const settings = this.#settings(resident);
    const { name, host, port, level } = settings;
    await resident.closed;
    const write = (text: string) => {
      // What has been killed writes nothing more, though its connections are still to end.
      if (resident.running === node)
        this.#log.add(parseLogLine(name, { stream: 'stdout', text, time: this.#timestamp() }));
    };
    const node = createNode({ ...settings, log: createLog({ node: name, level, time: this.#timestamp, write }) });
    resident.running = node;
    try {
      await node.start();
    } catch (cause) {
      resident.running = undefined;
      throw listenError(name, `${host}:${port}`, cause as NodeJS.ErrnoException);
    }
  }

  #settings({ declared, host }: NodeSlot): NodeSettings & { host: string } {
    const environment = {
      DEVNET_NAME: declared.name,
      DEVNET_PORT: String(declared.port),
      DEVNET_ADMIN: this.#range.controllerAddress,
      ...declared.env,
    };
    try {
      return { ...settingsFromEnvironment(environment, declared.name), name: declared.name, host };
    } catch (cause) {
      throw new DevnetError('node_died', `${declared.name} cannot start: ${(cause as Error).message}`, { cause });
    }
  }

  #recordExit(resident: NodeSlot, ending: Promise<void> | undefined, exitCode: number): void {
    if (!ending) return;
    resident.closed = ending;
    const level = exitCode === STOPPED_EXIT_CODE ? 'info' : 'warn';
    this.#logEvent(level, 'node_ended', { of: resident.declared.name, exit_code: exitCode });
  }

  #logEvent(level: LogEntry['level'], event: string, fields: Record<string, unknown>): void {
    this.#log.add({ time: this.#timestamp(), node: CONTROLLER, level, event, fields });
  }

  #slot(name: string): NodeSlot {
    return this.#slots.get(name) as NodeSlot;
  }
}

function listenError(name: string, where: string, cause: NodeJS.ErrnoException): DevnetError {
  const taken = cause.code === 'EADDRINUSE';
  return new DevnetError('host_limit', `${name} cannot listen on ${where}: ${cause.message}`, {
    ...(taken ? { hint: 'a program here listens on this port of every address: give the nodes another `port`' } : {}),
    cause,
  });
}
