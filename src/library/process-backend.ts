import { CONTROLLER, type LogEntry, readEntry } from '../devnet/log-entry.ts';
import type { Route } from '../devnet/route.ts';
import { DevnetError } from '../errors.ts';
import { createLog, createNode, type Node } from '../node/index.ts';
import { createMicrotime } from '../node/microtime.ts';
import { type Settings, settingsFromEnvironment } from '../node/settings.ts';
import type { Link, Topology, TopologyNode } from '../topology/index.ts';
import type { Backend, BackendNode, EntryOptions, ExecResult } from './backend.ts';
import { bringAbout } from './bring-about.ts';
import type { BackendSource, UpFailed } from './failure.ts';
import { LogBook } from './log-book.ts';
import { claimRange, type Range } from './loopback.ts';
import { refusal, refuseForProcess } from './refusal.ts';
import { standingOf } from './standing.ts';

/** Exit codes that a container of the bundled node would have ended with. */
const KILLED = 137;
const STOPPED = 0;

/** A declared node, and while it runs, the node itself. */
interface Resident {
  declared: TopologyNode;
  host: string;
  running: Node | undefined;
  /** Its connections may take a moment to end after it has. */
  ending: Promise<void>;
}

/**
 * Brings a topology up in this process, every node on a loopback address of its own, and returns once the links stand.
 * @throws DevnetError `usage` for what only containers can do, `host_limit`, `node_died`, `not_verified`
 */
export async function upInProcess(
  topology: Topology,
  { timeout, signal, failed }: { timeout: number; signal: AbortSignal; failed?: UpFailed },
): Promise<Backend> {
  refuseForProcess(topology);
  const backend = new ProcessBackend(topology, await claimRange());
  try {
    await backend.startAll();
    await bringAbout(backend, topology.links, { timeout, signal });
    return backend;
  } catch (cause) {
    await failed?.(cause, await backend.source());
    await backend.down();
    throw cause;
  }
}

class ProcessBackend implements Backend {
  readonly engine = 'process';
  topology: Topology;
  readonly #range: Range;
  readonly #residents: Map<string, Resident>;
  readonly #book = new LogBook();
  /** Seconds since the epoch. */
  readonly #created = Date.now() / 1_000;
  /** One clock for all: times are in the order of what happened. */
  readonly #time = createMicrotime();

  constructor(topology: Topology, range: Range) {
    this.topology = topology;
    this.#range = range;
    this.#residents = new Map(
      topology.nodes.map((declared, index) => [
        declared.name,
        { declared, host: range.address(index), running: undefined, ending: Promise.resolve() },
      ]),
    );
  }

  get route(): Route {
    return this.#range.route;
  }

  async startAll(): Promise<void> {
    const starts = await Promise.allSettled([...this.#residents.values()].map((resident) => this.#run(resident)));
    // Not before all have started or failed: what is still about to start could not be stopped.
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
  }

  async nodes(): Promise<BackendNode[]> {
    return [...this.#residents.values()].map(({ declared: { name, port }, host, running }) => ({
      name,
      state: running ? 'running' : 'exited',
      host,
      port,
    }));
  }

  entries(options: EntryOptions): AsyncIterable<LogEntry[]> {
    return this.#book.read(options);
  }

  async kill(node: string): Promise<void> {
    const resident = this.#resident(node);
    const { running } = resident;
    resident.running = undefined;
    this.#ended(resident, running?.stop(), KILLED);
  }

  async stop(node: string): Promise<void> {
    const resident = this.#resident(node);
    const ending = resident.running?.stop();
    resident.running = undefined;
    this.#ended(resident, ending, STOPPED);
    await ending;
  }

  /**
   * A frozen process neither reads nor lets a timer go off, while its kernel goes on taking connections and data. Nodes here
   * share one event loop, so to freeze one means to hold back every callback of its own; what would only look like it, such
   * as pausing its sockets while its timers take peers for dead, would teach a test something that is not so.
   */
  async pause(): Promise<void> {
    throw refusal('pause');
  }

  async start(node: string, timeout: number, signal: AbortSignal): Promise<void> {
    const resident = this.#resident(node);
    if (!resident.running) {
      this.#say('info', 'node_started', { of: node });
      await this.#run(resident);
    }
    await bringAbout(this, this.topology.links, { timeout, signal, only: node });
  }

  async keep(): Promise<never> {
    throw refusal("onFailure: 'keep'");
  }

  async inject(): Promise<never> {
    throw refusal('faults on links');
  }

  async heal(): Promise<never> {
    throw refusal('faults on links');
  }

  async exec(): Promise<ExecResult> {
    throw refusal('exec');
  }

  async source(): Promise<BackendSource> {
    return {
      topology: this.topology,
      status: () => standingOf(this, this.#range.subnet, this.#created),
      entries: (signal) => this.entries({ follow: false, signal }),
      versions: () => ({ engine: this.engine }),
    };
  }

  async declare(links: readonly Link[], carryOut: (nodes: readonly BackendNode[]) => Promise<void>): Promise<void> {
    await carryOut(await this.nodes());
    this.topology = { ...this.topology, links: [...links] };
  }

  async down(): Promise<void> {
    await Promise.all([...this.#residents.values()].map(({ running, ending }) => running?.stop() ?? ending));
    for (const resident of this.#residents.values()) resident.running = undefined;
    this.#book.close();
    this.#range.release();
  }

  async #run(resident: Resident): Promise<void> {
    const settings = this.#settings(resident);
    const { name, host, port, level } = settings;
    await resident.ending;
    const write = (text: string) => {
      // What has been killed writes nothing more, though its connections are still to end.
      if (resident.running === node) this.#book.add(readEntry(name, { stream: 'stdout', text, time: this.#time() }));
    };
    const node = createNode({ ...settings, log: createLog({ node: name, level, time: this.#time, write }) });
    resident.running = node;
    try {
      await node.start();
    } catch (cause) {
      resident.running = undefined;
      throw cannotListen(name, `${host}:${port}`, cause as NodeJS.ErrnoException);
    }
  }

  #settings({ declared, host }: Resident): Settings & { host: string } {
    const environment = {
      DEVNET_NAME: declared.name,
      DEVNET_PORT: String(declared.port),
      DEVNET_ADMIN: this.#range.controller,
      ...declared.env,
    };
    try {
      return { ...settingsFromEnvironment(environment, declared.name), name: declared.name, host };
    } catch (cause) {
      throw new DevnetError('node_died', `${declared.name} cannot start: ${(cause as Error).message}`, { cause });
    }
  }

  #ended(resident: Resident, ending: Promise<void> | undefined, exitCode: number): void {
    if (!ending) return;
    resident.ending = ending;
    const level = exitCode === STOPPED ? 'info' : 'warn';
    this.#say(level, 'node_ended', { of: resident.declared.name, exit_code: exitCode });
  }

  #say(level: LogEntry['level'], event: string, fields: Record<string, unknown>): void {
    this.#book.add({ time: this.#time(), node: CONTROLLER, level, event, fields });
  }

  #resident(name: string): Resident {
    return this.#residents.get(name) as Resident;
  }
}

function cannotListen(name: string, where: string, cause: NodeJS.ErrnoException): DevnetError {
  const taken = cause.code === 'EADDRINUSE';
  return new DevnetError('host_limit', `${name} cannot listen on ${where}: ${cause.message}`, {
    ...(taken ? { hint: 'a program here listens on this port of every address: give the nodes another `port`' } : {}),
    cause,
  });
}
