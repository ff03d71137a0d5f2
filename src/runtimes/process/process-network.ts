import { randomUUID } from 'node:crypto';
import {
  assertSupported,
  type Capability,
  faultRequirements,
  type Requirement,
  RUNTIME_CAPABILITIES,
  topologyRequirements,
  UnsupportedError,
} from '../../network/capabilities.ts';
import { type ServedNetwork, serveNetwork } from '../../network/control-socket/serve-network.ts';
import type { Dialer } from '../../network/dialer.ts';
import {
  type Fault,
  type FaultHandle,
  type FaultId,
  type HealResult,
  type HealTarget,
  newFaultName,
} from '../../network/fault.ts';
import { findDrift } from '../../network/links/drift.ts';
import { CONTROLLER, type LogEntry, parseLogLine } from '../../network/log-entry.ts';
import { linkStatuses, type NetworkStatus } from '../../network/network-status.ts';
import { namesByAddress } from '../../network/node-names.ts';
import { readNodeReports } from '../../network/node-reports.ts';
import { DEFAULT_TIMEOUT_MS } from '../../network/reconcile/link-reconciler.ts';
import { reconcileLinks } from '../../network/reconcile/reconcile-links.ts';
import { restorePeers } from '../../network/reconcile/restore-peers.ts';
import type {
  NetworkSummary,
  NodeAddress,
  ReadLogOptions,
  RunningNetwork,
  RunningNode,
  StartNodeOptions,
  StatusOptions,
} from '../../network/running-network.ts';
import type { StartOptions } from '../../network/runtime.ts';
import { findNode } from '../../network/send-message.ts';
import { createLog, createNode, type Node } from '../../node/index.ts';
import { type NodeSettings, settingsFromEnvironment } from '../../node/settings.ts';
import { formatAddress } from '../../protocol/index.ts';
import { DevnetError } from '../../shared/errors.ts';
import { assertOpenFiles, requiredOpenFiles } from '../../shared/files/open-files.ts';
import { formatList } from '../../shared/text.ts';
import { type ClockOffset, wallClockOffset } from '../../shared/time/clock-offset.ts';
import { createMonotonicTimestamp } from '../../shared/time/monotonic-timestamp.ts';
import type { Link, Topology, TopologyNode } from '../../topology/index.ts';
import { MergedLog } from '../merged-log.ts';
import { claimLoopbackRange, type LoopbackRange } from './loopback-range.ts';

/** Exit codes that a container of the bundled node would end with. */
const KILLED_EXIT_CODE = 137;
const STOPPED_EXIT_CODE = 0;

/** The faults that this runtime supports. */
type NodeFault = { kind: 'kill' | 'stop' | 'restart'; node: string };

/** A declared node, and while it runs, the node itself. */
interface NodeSlot {
  declared: TopologyNode;
  running: Node | undefined;
  /** Resolves when the connections of the last run have ended, a moment after the node has. */
  closed: Promise<void>;
}

/**
 * Brings a topology up in this process, every node on a loopback address of its own, with a control socket for other
 * processes. Returns once the links stand.
 * @throws UnsupportedError, before anything starts; DevnetError `name_taken`, `host_limit`, `node_died`, `not_verified`
 */
export async function startProcessNetwork(
  topology: Topology,
  {
    timeoutMs = DEFAULT_TIMEOUT_MS,
    signal = new AbortController().signal,
    keepOnFailure = false,
    onFailed,
  }: StartOptions = {},
): Promise<RunningNetwork & { readonly loggedEntries: readonly LogEntry[] }> {
  const keep: Requirement[] = keepOnFailure ? [{ capability: 'keep', feature: 'keeping a network that failed' }] : [];
  assertSupported('process', [...keep, ...topologyRequirements(topology)]);
  const { name, nodes, links } = topology;
  // Both ends of a link's connection are in this process.
  assertOpenFiles(`"${name}", in one process,`, requiredOpenFiles(nodes.length) + 2 * links.length);
  const network = new ProcessNetwork(topology, await claimLoopbackRange());
  try {
    network.served = await serveNetwork(network);
  } catch (cause) {
    await network.down();
    throw cause;
  }
  try {
    await network.startAll();
    await reconcileLinks(network, topology.links, { timeoutMs, signal });
    return network;
  } catch (cause) {
    await onFailed?.(cause, network);
    await network.down();
    throw cause;
  }
}

class ProcessNetwork implements RunningNetwork {
  readonly name: string;
  readonly runtime = 'process';
  readonly capabilities = RUNTIME_CAPABILITIES.process;
  topology: Topology;
  readonly addresses: ReadonlyMap<string, NodeAddress>;
  /** Its control socket. */
  served: ServedNetwork | undefined;
  readonly #range: LoopbackRange;
  readonly #slots: Map<string, NodeSlot>;
  readonly #log = new MergedLog();
  readonly #run = randomUUID();
  /** Seconds since the epoch. */
  readonly #createdAt = Date.now() / 1_000;
  /** One clock for all nodes, so that times are in the order of what happened. */
  readonly #timestamp = createMonotonicTimestamp();

  constructor(topology: Topology, range: LoopbackRange) {
    this.name = topology.name;
    this.topology = topology;
    this.#range = range;
    this.#slots = new Map(
      topology.nodes.map((declared) => [declared.name, { declared, running: undefined, closed: Promise.resolve() }]),
    );
    this.addresses = new Map(
      topology.nodes.map(({ name, port }, index) => [name, { host: range.addressOf(index), port }]),
    );
  }

  /** The merged log so far, for a process that ends and cannot wait for `readLog`. */
  get loggedEntries(): readonly LogEntry[] {
    return this.#log.entries;
  }

  get dialer(): Dialer {
    return this.#range.dialer;
  }

  async startAll(): Promise<void> {
    const starts = await Promise.allSettled([...this.#slots.values()].map((slot) => this.#startNode(slot)));
    // A node that is still starting could not be stopped, so all have to settle first.
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
  }

  async clockOffset(): Promise<ClockOffset> {
    return wallClockOffset();
  }

  async nodes(): Promise<RunningNode[]> {
    return [...this.addresses].map(([name, address]) => ({
      name,
      state: this.#slot(name).running ? 'running' : 'exited',
      ...address,
    }));
  }

  async summary(): Promise<NetworkSummary> {
    const { nodes, links } = this.topology;
    return {
      name: this.name,
      runtime: this.runtime,
      run: this.#run,
      created: this.#createdAt,
      subnet: this.#range.subnet,
      nodes: await this.nodes(),
      declared: { nodes: nodes.length, links: links.length },
    };
  }

  async status({ measureRoundTrips = true }: StatusOptions = {}): Promise<NetworkStatus> {
    const { name, links } = this.topology;
    const nodes = await this.nodes();
    const names = namesByAddress(this);
    const reports = await readNodeReports(this, nodes, { measureRoundTrips });
    const drift = findDrift(links, names, reports);
    return {
      name,
      subnet: this.#range.subnet,
      internal: true,
      created: this.#createdAt,
      clockOffsetMs: 0,
      faults: [],
      nodes: nodes.map(({ name, state, host, port }) => ({ name, state, address: formatAddress({ host, port }) })),
      links: linkStatuses(links, names, reports, drift),
      drift,
    };
  }

  async readLog(options: ReadLogOptions): Promise<AsyncIterable<LogEntry[]>> {
    return this.#log.read(options);
  }

  async kill(node: string): Promise<void> {
    this.#end(node, KILLED_EXIT_CODE);
  }

  async stop(node: string): Promise<void> {
    await this.#end(node, STOPPED_EXIT_CODE);
  }

  /**
   * A frozen process neither reads nor fires timers, while its kernel goes on taking connections and data. Nodes here share
   * one event loop, so that would mean to hold back every callback of one node. What only looks like it, such as paused
   * sockets while timers take peers for dead, would teach a test something that is not so.
   */
  async pause(): Promise<never> {
    throw unsupported('pause', 'pause');
  }

  async unpause(): Promise<never> {
    throw unsupported('pause', 'unpause');
  }

  async start(node: string, options: StartNodeOptions = {}): Promise<void> {
    const slot = this.#slot(node);
    if (!slot.running) {
      this.#logEvent('info', 'node_started', { of: node });
      await this.#startNode(slot);
    }
    if ((await restorePeers(this, [node], options)).length === 0) return;
    throw new DevnetError('node_silent', `${node} was started and does not list its peers`);
  }

  async restart(node: string, options: StartNodeOptions = {}): Promise<void> {
    await this.stop(node);
    await this.start(node, options);
  }

  async exec(): Promise<never> {
    throw unsupported('exec', 'exec');
  }

  async watchUsage(): Promise<never> {
    throw unsupported('resource-usage', 'resource usage of each node');
  }

  async capturePackets(): Promise<never> {
    throw unsupported('capture', 'capture');
  }

  async prepareFaults(faults: readonly Fault[]): Promise<void> {
    assertSupported(this.runtime, faultRequirements(faults));
  }

  async inject(fault: Fault, id: FaultId = { name: newFaultName(fault) }): Promise<FaultHandle> {
    assertSupported(this.runtime, faultRequirements([fault]));
    const { kind, node } = fault as NodeFault;
    if (kind === 'kill') await this.kill(node);
    else if (kind === 'stop') await this.stop(node);
    else await this.restart(node);
    return { name: id.name, fault, heal: () => this.start(node) };
  }

  async heal(targets?: readonly HealTarget[]): Promise<HealResult> {
    // Links have no conditions here, so that there is nothing to heal on them.
    const names = targets?.filter((target) => typeof target === 'string');
    const unknown = names?.find((name) => !this.#slots.has(name));
    if (unknown !== undefined) {
      throw new DevnetError('no_such_fault', `"${this.name}" has no fault and no node "${unknown}"`, {
        hint: `its nodes: ${formatList([...this.#slots.keys()])}`,
      });
    }
    const ended = [...this.#slots].flatMap(([name, { running }]) =>
      !running && (names === undefined || names.includes(name)) ? [name] : [],
    );
    await Promise.all(ended.map((name) => this.start(name)));
    return { names: ended, links: [] };
  }

  async activeFaults(): Promise<[]> {
    return [];
  }

  async linkConditions(): Promise<[]> {
    return [];
  }

  async measureLinks(): Promise<never> {
    throw unsupported('link-conditions', 'measuring links');
  }

  async declareLinks(links: readonly Link[], apply: (nodes: readonly RunningNode[]) => Promise<void>): Promise<void> {
    await apply(await this.nodes());
    this.topology = { ...this.topology, links: [...links] };
  }

  async linkReport(): Promise<never> {
    throw unsupported('link-conditions', 'a report on links');
  }

  async versions(): Promise<Record<string, unknown>> {
    return { engine: this.runtime };
  }

  async keep(): Promise<never> {
    throw unsupported('keep', 'keep');
  }

  async down(): Promise<void> {
    await Promise.all([...this.#slots.values()].map(({ running, closed }) => running?.stop() ?? closed));
    for (const slot of this.#slots.values()) slot.running = undefined;
    this.#log.close();
    this.#range.release();
    // Last: until then, the name is taken.
    this.served?.close();
  }

  close(): void {
    this.dialer.close();
  }

  async #startNode(slot: NodeSlot): Promise<void> {
    const settings = this.#settings(slot.declared);
    const { name, host, port, level } = settings;
    await slot.closed;
    const write = (text: string) => {
      // A killed node logs nothing more, though its connections end a moment later.
      if (slot.running === node) this.#log.add(parseLogLine(name, { stream: 'stdout', text, time: this.#timestamp() }));
    };
    const node = createNode({ ...settings, log: createLog({ node: name, level, time: this.#timestamp, write }) });
    slot.running = node;
    try {
      await node.start();
    } catch (cause) {
      slot.running = undefined;
      throw listenError(name, `${host}:${port}`, cause as NodeJS.ErrnoException);
    }
  }

  #settings(declared: TopologyNode): NodeSettings & { host: string } {
    const { host } = this.addresses.get(declared.name) as NodeAddress;
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

  /** Ends a node. @returns when its connections have ended; undefined if it did not run */
  #end(node: string, exitCode: number): Promise<void> | undefined {
    const slot = this.#slot(node);
    const { running } = slot;
    if (!running) return undefined;
    // A killed node is no longer heard when it logs that it stops.
    if (exitCode === KILLED_EXIT_CODE) slot.running = undefined;
    slot.closed = running.stop();
    slot.running = undefined;
    const level = exitCode === STOPPED_EXIT_CODE ? 'info' : 'warn';
    this.#logEvent(level, 'node_ended', { of: node, exit_code: exitCode });
    return slot.closed;
  }

  #logEvent(level: LogEntry['level'], event: string, fields: Record<string, unknown>): void {
    this.#log.add({ time: this.#timestamp(), node: CONTROLLER, level, event, fields });
  }

  #slot(name: string): NodeSlot {
    findNode(this.name, this.topology.nodes, name);
    return this.#slots.get(name) as NodeSlot;
  }
}

function unsupported(capability: Capability, feature: string): UnsupportedError {
  return new UnsupportedError('process', [{ capability, feature }]);
}

function listenError(name: string, where: string, cause: NodeJS.ErrnoException): DevnetError {
  const taken = cause.code === 'EADDRINUSE';
  return new DevnetError('host_limit', `${name} cannot listen on ${where}: ${cause.message}`, {
    ...(taken ? { hint: 'a program here listens on this port of every address: give the nodes another `port`' } : {}),
    cause,
  });
}
