import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readlink, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createToolRunner, type RunTool } from '../../../agents/netem/kernel/run-tool.ts';
import { filterFaults } from '../../../agents/netem/state/link-state.ts';
import { cutLookup, listActiveFaults } from '../../../controller/faults/active-faults.ts';
import { assertFaultsKnown, healLinks } from '../../../controller/faults/heal-links.ts';
import { idempotentHeal } from '../../../controller/faults/injection.ts';
import { injectLinkFault, type LinkFault } from '../../../controller/faults/link-faults.ts';
import { measureLinks } from '../../../controller/inspect/measure-links.ts';
import { PeerSeeder } from '../../../controller/lifecycle/peer-seeder.ts';
import { declaredLinkState } from '../../../controller/links/declared-link-state.ts';
import type { LinkAccess } from '../../../controller/links/link-access.ts';
import { reconnectLinks, updateLinkState } from '../../../controller/links/update-link-state.ts';
import type { ExecStreams } from '../../../engine/exec.ts';
import type { ResourceUsage } from '../../../engine/resource-usage.ts';
import { assertSupported, faultRequirements, RUNTIME_CAPABILITIES } from '../../../network/capabilities.ts';
import { createDirectDialer, type Dialer } from '../../../network/dialer.ts';
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
} from '../../../network/fault.ts';
import { DEFAULT_TIMEOUT_MS, notVerifiedError, restorePeers } from '../../../network/link-reconciler.ts';
import { type Drift, findDrift, hasNoDrift } from '../../../network/links/drift.ts';
import type { LinkMeasurement, MeasureLinksOptions } from '../../../network/links/link-measurement.ts';
import { CONTROLLER, currentLogTime, type LogEntry, parseLogLine } from '../../../network/log-entry.ts';
import { linkStatuses, type NetworkStatus, type NodeState, type NodeStatus } from '../../../network/network-status.ts';
import { namesByAddress } from '../../../network/node-names.ts';
import { readNodeReports } from '../../../network/node-reports.ts';
import { creationSteps } from '../../../network/plan-step.ts';
import type {
  NetworkSummary,
  NodeAddress,
  ReadLogOptions,
  RunningNetwork,
  RunningNode,
  StartNodeOptions,
  StatusOptions,
} from '../../../network/running-network.ts';
import type { UpStep } from '../../../network/runtime.ts';
import { findNode } from '../../../network/send-message.ts';
import { DevnetError, describeError } from '../../../shared/errors.ts';
import { type ClockOffset, SAME_CLOCK } from '../../../shared/time/clock-offset.ts';
import { raceSignal } from '../../../shared/time/race-signal.ts';
import type { DirectedLinkConditions, Link, Topology, TopologyNode } from '../../../topology/index.ts';
import { MergedLog } from '../../merged-log.ts';
import { SUPERVISOR_FOLDER } from '../launch-scripts.ts';
import type { Programs } from '../supervisor-protocol.ts';
import { execInNode } from './exec-in-node.ts';
import { NetemLinks } from './netem-links.ts';
import {
  type AddressPlan,
  BRIDGE,
  forwardingBatch,
  hostsFile,
  networkBatch,
  nodeBatch,
  nodeEnvironment,
  peersByNode,
  planAddresses,
  subnetOf,
} from './network-plan.ts';
import { NodeProcess } from './node-process.ts';
import { orderByTime } from './order-log.ts';
import { startProbe } from './probe-process.ts';
import { readResourceUsage, USAGE_INTERVAL_MS } from './resource-usage.ts';

const execute = promisify(execFile);

/** Longest wait for a node to log that it listens, milliseconds: a program of somebody else may not. */
const MAX_ANNOUNCEMENT_WAIT_MS = 150;
/** Lines of a node's log that the error shows when it ends before it listens. */
const MAX_LOG_LINES = 10;

/** A declared node, and the process of its last start. */
interface NodeSlot {
  declared: TopologyNode;
  process: NodeProcess | undefined;
  /** Resolves when the node logs that it listens, as the bundled one does; a dial before that only takes time from it. */
  listening: Promise<void>;
}

export interface NamespaceNetworkOptions {
  topology: Topology;
  programs: Programs;
  /** Working directory of nodes that name none. */
  folder: string;
  /** Folder of control sockets. */
  sockets: string;
  /** Leaves the network up when the process that started it ends. */
  onKeep: () => void;
  /** Ends the supervisor. */
  onDown: () => void;
}

export interface StartAllOptions {
  timeoutMs: number;
  signal: AbortSignal;
  onProgress: (step: UpStep) => void;
}

/** A network in the namespaces that this process, its supervisor, is in. All of it ends with this process. */
export class NamespaceNetwork implements RunningNetwork {
  readonly name: string;
  readonly runtime = 'namespaces';
  readonly capabilities = RUNTIME_CAPABILITIES.namespaces;
  topology: Topology;
  readonly addresses: ReadonlyMap<string, NodeAddress>;
  readonly dialer: Dialer;
  readonly #options: NamespaceNetworkOptions;
  readonly #plan: AddressPlan;
  readonly #slots: Map<string, NodeSlot>;
  readonly #log = new MergedLog();
  readonly #netem: NetemLinks;
  readonly #run = randomUUID();
  /** Seconds since the epoch. */
  readonly #createdAt = Date.now() / 1_000;
  readonly #runTool: RunTool = createToolRunner();
  /** Called with each node that ends without having been asked to, while the network comes up. */
  #onDeath: ((slot: NodeSlot, exitCode: number) => void) | undefined;

  constructor(options: NamespaceNetworkOptions) {
    const { topology } = options;
    this.#options = options;
    this.name = topology.name;
    this.topology = topology;
    this.#plan = planAddresses(topology, Math.random());
    this.addresses = this.#plan.addresses;
    this.dialer = Object.assign(createDirectDialer(this.#plan.gateway), {
      network: { name: this.name, id: this.#run },
    });
    this.#slots = new Map(
      topology.nodes.map((declared) => [declared.name, { declared, process: undefined, listening: Promise.resolve() }]),
    );
    this.#netem = new NetemLinks(this.name, (level, event, fields = {}) => this.#logEvent(level, event, fields));
  }

  /** Makes the network, starts all nodes, seeds their links and verifies them. @throws DevnetError `node_died`, `not_verified`, … */
  async startAll({ timeoutMs, signal, onProgress }: StartAllOptions): Promise<Drift> {
    const steps = creationSteps(this.topology);
    onProgress({ step: 'plan', steps, change: false });
    await this.#createNetwork();
    onProgress({ step: 'network', subnet: subnetOf(this.#plan), internal: true });
    const failure = new AbortController();
    const failed = AbortSignal.any([signal, failure.signal]);
    this.#onDeath = ({ declared: { name } }, exitCode) =>
      failure.abort(new DevnetError('node_died', `${name} ended with exit code ${exitCode}${this.#lastLines(name)}`));
    const { links } = this.topology;
    const seeder = new PeerSeeder(this, links, steps, timeoutMs, failed, onProgress);
    try {
      if (this.topology.conditions.length > 0) await updateLinkState(this.#links(), (state) => state);
      let started = 0;
      const listening = [...this.#slots.values()].map(async (slot) => {
        this.#startNode(slot);
        onProgress({ step: 'started', done: ++started });
        await Promise.race([slot.listening, wait(MAX_ANNOUNCEMENT_WAIT_MS, undefined, { ref: false })]);
        if (await seeder.waitUntilListening(slot.declared.name, false)) return;
        throw this.#silentError(slot.declared, timeoutMs);
      });
      await raceSignal(Promise.all(listening), failed);
      const reports = await raceSignal(seeder.verified(), failed);
      const drift = findDrift(links, namesByAddress(this), reports);
      if (hasNoDrift(drift)) return drift;
      throw notVerifiedError(drift, timeoutMs, '--timeout SECONDS waits longer');
    } finally {
      this.#onDeath = undefined;
      seeder.close();
    }
  }

  async clockOffset(): Promise<ClockOffset> {
    return SAME_CLOCK;
  }

  async nodes(): Promise<RunningNode[]> {
    return [...this.addresses].map(([name, address]) => ({ name, state: stateOf(this.#slot(name)), ...address }));
  }

  async summary(): Promise<NetworkSummary> {
    const { nodes, links } = this.topology;
    return {
      name: this.name,
      runtime: this.runtime,
      run: this.#run,
      created: this.#createdAt,
      subnet: subnetOf(this.#plan),
      nodes: await this.nodes(),
      declared: { nodes: nodes.length, links: links.length },
    };
  }

  async status({ usageOf, measureRoundTrips = true }: StatusOptions = {}): Promise<NetworkStatus> {
    const { name, links } = this.topology;
    const names = namesByAddress(this);
    const state = await this.#netem.state();
    const reports = await readNodeReports(this, await this.nodes(), { measureRoundTrips });
    const drift = findDrift(links, names, reports);
    const cutOf = state ? cutLookup(state) : () => undefined;
    return {
      name,
      subnet: subnetOf(this.#plan),
      internal: true,
      created: this.#createdAt,
      clockOffsetMs: 0,
      faults: await this.activeFaults(),
      nodes: [...this.#slots.values()].map((slot) =>
        this.#nodeStatus(slot, usageOf?.includes(slot.declared.name) ?? true),
      ),
      links: linkStatuses(links, names, reports, drift).map((link) => {
        const cut = cutOf(link);
        return cut === undefined ? link : { ...link, cut };
      }),
      drift,
    };
  }

  async readLog(options: ReadLogOptions): Promise<AsyncIterable<LogEntry[]>> {
    return orderByTime(this.#log.read(options), options.windowMs);
  }

  async kill(node: string): Promise<void> {
    await this.#running(node)?.kill();
  }

  async stop(node: string): Promise<void> {
    await this.#running(node)?.stop();
  }

  async pause(node: string): Promise<void> {
    const running = this.#running(node);
    if (!running) throw new DevnetError('node_unreachable', `${node} does not run, so it cannot be paused`);
    running.pause();
    this.#logEvent('info', 'node_paused', { of: node });
  }

  async unpause(node: string, options?: StartNodeOptions): Promise<void> {
    await this.start(node, options);
  }

  async start(node: string, options: StartNodeOptions = {}): Promise<void> {
    const slot = this.#slot(node);
    const running = this.#running(node);
    if (running?.paused) {
      running.unpause();
      this.#logEvent('info', 'node_unpaused', { of: node });
    } else if (!running) {
      this.#logEvent('info', 'node_started', { of: node });
      this.#startNode(slot);
    }
    if (await restorePeers(this, node, options)) return;
    const seconds = (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 1_000;
    throw new DevnetError(
      'node_silent',
      `${node} was started and does not list its peers after ${seconds} s${this.#lastLines(node)}`,
    );
  }

  async restart(node: string, options: StartNodeOptions = {}): Promise<void> {
    await this.stop(node);
    await this.start(node, options);
  }

  async exec(node: string, command: readonly string[], streams: ExecStreams): Promise<number> {
    return execInNode(this.#assertRunning(node), command, streams);
  }

  async watchUsage(onUsage: (node: string, usage: ResourceUsage) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const running = [...this.#slots].filter(([, slot]) => stateOf(slot) === 'running');
      if (running.length === 0) return;
      for (const [name, { process }] of running) {
        const usage = readResourceUsage(process?.pid);
        if (usage && !signal.aborted) onUsage(name, usage);
      }
      await wait(USAGE_INTERVAL_MS, undefined, { signal }).catch(() => {}); // The loop ends when the signal aborts.
    }
  }

  async prepareFaults(faults: readonly Fault[]): Promise<void> {
    assertSupported(this.runtime, faultRequirements(faults));
    if (faults.some(isLinkFault)) await this.#netem.openAgent();
  }

  async inject(fault: Fault, id: FaultId = { name: newFaultName(fault) }): Promise<FaultHandle> {
    assertSupported(this.runtime, faultRequirements([fault]));
    if (isLinkFault(fault)) {
      return { name: id.name, fault, ...(await injectLinkFault(this.#links(), fault as LinkFault, id)) };
    }
    const { kind, node } = fault as Exclude<Fault, LinkFault>;
    if (kind === 'kill') await this.kill(node);
    else if (kind === 'pause') await this.pause(node);
    else if (kind === 'restart') await this.restart(node);
    else await this.stop(node);
    return { name: id.name, fault, heal: idempotentHeal(() => this.start(node)) };
  }

  async heal(targets?: readonly HealTarget[]): Promise<HealResult> {
    const names = targets?.filter((target) => typeof target === 'string');
    const addressOf = (node: string) => this.#links().addressOf(node);
    const directions = (targets ?? []).flatMap((target) =>
      typeof target === 'string' ? [] : `${addressOf(target.from)} ${addressOf(target.to)}`,
    );
    const state = await this.#netem.state();
    if (names) assertFaultsKnown(this.name, this.topology.nodes, state, names);
    const isNamed = (name: string) => names === undefined || names.includes(name);
    const links = state ? await healLinks(this.#links(), targets && isNamed, directions) : { names: [], links: [] };
    const ended = [...this.#slots].flatMap(([name, slot]) =>
      stateOf(slot) !== 'running' && isNamed(name) ? [name] : [],
    );
    await Promise.all(ended.map((name) => this.start(name)));
    return { ...links, names: [...links.names, ...ended] };
  }

  async activeFaults(): Promise<ActiveFault[]> {
    const state = await this.#netem.state();
    return state ? listActiveFaults(state) : [];
  }

  async linkConditions(): Promise<ActiveLinkConditions[]> {
    return this.#netem.conditions();
  }

  async measureLinks(options: MeasureLinksOptions = {}): Promise<LinkMeasurement[]> {
    return measureLinks(
      {
        links: this.topology.links,
        nodes: await this.nodes(),
        active: await this.linkConditions(),
        startProbe: async (node) => startProbe(node, this.#assertRunning(node.name), this.#options.programs),
      },
      options,
    );
  }

  async declareLinks(
    links: readonly Link[],
    apply: (nodes: readonly RunningNode[]) => Promise<void>,
    conditions?: readonly DirectedLinkConditions[],
  ): Promise<void> {
    const before = this.topology;
    const declare = async (topology: Topology) => {
      this.topology = topology;
      const { conditions } = this.#links().declared();
      await updateLinkState(this.#links(), (state) => ({ ...filterFaults(state, () => false), conditions }));
    };
    // Before the links connect, so that their first packets have the conditions.
    const changes = conditions && (conditions.length > 0 || (await this.#netem.state()) !== undefined);
    if (changes) await declare({ ...before, links: [...links], conditions: [...conditions] });
    try {
      await apply(await this.nodes());
    } catch (cause) {
      if (changes) await declare(before);
      throw cause;
    }
    this.topology = { ...this.topology, links: [...links] };
  }

  async linkReport(): Promise<object> {
    return this.#netem.report();
  }

  async versions(): Promise<Record<string, unknown>> {
    const networkNamespace = await readlink('/proc/self/ns/net');
    return { engine: this.runtime, kernel: release(), node: process.version, networkNamespace };
  }

  async keep(): Promise<void> {
    this.#options.onKeep();
  }

  /** Closes the log and ends the supervisor; the kernel then ends and removes everything else. */
  async down(): Promise<void> {
    this.#netem.close();
    this.#log.close();
    this.#options.onDown();
  }

  close(): void {
    this.dialer.close();
  }

  async #createNetwork(): Promise<void> {
    const plan = this.#plan;
    const peers = peersByNode(this.topology.links);
    await mkdir(join(SUPERVISOR_FOLDER, 'nodes'));
    await Promise.all([
      this.#shareHosts(),
      ...[...this.addresses.keys()].map((name) =>
        writeFile(batchFile(name), nodeBatch(plan, name, peers.get(name) ?? [])),
      ),
      this.#makeCables(),
    ]);
  }

  async #makeCables(): Promise<void> {
    try {
      await this.#runTool('ip', ['-batch', '-'], networkBatch(this.#plan));
      await this.#runTool('bridge', ['-batch', '-'], forwardingBatch(this.#plan));
    } catch (cause) {
      throw new DevnetError('host_limit', `the network could not be made: ${describeError(cause)}`, { cause });
    }
  }

  /** Replaces /etc/hosts in the mount namespace of this process, which every node's is made from. */
  async #shareHosts(): Promise<void> {
    const path = join(SUPERVISOR_FOLDER, 'hosts');
    await writeFile(path, hostsFile(this.#plan));
    await execute('mount', ['--bind', path, '/etc/hosts']);
  }

  #startNode(slot: NodeSlot): void {
    const { declared } = slot;
    const { name } = declared;
    const { programs, folder, sockets } = this.#options;
    let onListening = () => {};
    slot.listening = new Promise((resolve) => {
      onListening = resolve;
    });
    slot.process = new NodeProcess(
      {
        name,
        command: declared.command ?? programs.node,
        folder: resolve(folder, declared.cwd ?? '.'),
        env: {
          PATH: process.env.PATH ?? '',
          HOME: '/run',
          TMPDIR: '/run',
          ...nodeEnvironment({ name: this.name, run: this.#run }, declared, this.#plan.gateway),
        },
        batch: batchFile(name),
        sockets,
      },
      {
        onLine: (stream, text) => {
          const entry = parseLogLine(name, { stream, text, time: currentLogTime() });
          this.#log.add(entry);
          if (entry.event === 'listening') onListening();
        },
        onExit: (exitCode) => {
          this.#logEvent(exitCode === 0 ? 'info' : 'warn', 'node_ended', { of: name, exit_code: exitCode });
          this.#onDeath?.(slot, exitCode);
        },
      },
    );
  }

  #links(): LinkAccess {
    const hosts = new Map([...this.addresses].map(([name, { host }]) => [name, host]));
    return {
      run: this.#run,
      declared: () => declaredLinkState(this.topology, { bridge: BRIDGE, gateway: this.#plan.gateway }, hosts),
      addressOf: (node) => hosts.get(this.#slot(node).declared.name) as string,
      openAgent: () => this.#netem.openAgent(),
      reconnect: (pairs) => reconnectLinks(this, this.topology.links, pairs),
    };
  }

  #nodeStatus(slot: NodeSlot, readsUsage: boolean): NodeStatus {
    const { name } = slot.declared;
    const { host, port } = this.addresses.get(name) as NodeAddress;
    const { process } = slot;
    const status = { name, state: stateOf(slot), address: `${host}:${port}` };
    if (process === undefined) return status;
    if (process.exitCode !== undefined) return { ...status, exitCode: process.exitCode };
    if (!readsUsage) return status;
    const memory = readResourceUsage(process.pid)?.memory;
    return {
      ...status,
      uptime: (Date.now() - process.startedAt) / 1_000,
      ...(memory === undefined ? {} : { memory }),
    };
  }

  /** Returns the process of a node that runs or is paused. @throws DevnetError `no_such_node` */
  #running(node: string): NodeProcess | undefined {
    const { process } = this.#slot(node);
    return process?.exitCode === undefined ? process : undefined;
  }

  #assertRunning(node: string): NodeProcess {
    const running = this.#running(node);
    if (running) return running;
    throw new DevnetError('node_unreachable', `${node} does not run: it is ${stateOf(this.#slot(node))}`, {
      hint: `devnet status ${this.name}`,
    });
  }

  #silentError({ name, port }: TopologyNode, timeoutMs: number): DevnetError {
    const seconds = timeoutMs / 1_000;
    return new DevnetError(
      'node_silent',
      `${name} runs, but nothing listens on its port ${port} after ${seconds} s${this.#lastLines(name)}`,
      { hint: `check \`port\` of ${name} in the topology; --timeout SECONDS waits longer` },
    );
  }

  /** Returns the last lines of a node's log as the end of a sentence. */
  #lastLines(name: string): string {
    const lines = this.#log.entries
      .filter(({ node }) => node === name)
      .slice(-MAX_LOG_LINES)
      .map(({ event, fields }) => (event === 'output' ? String(fields.text) : `${event} ${JSON.stringify(fields)}`));
    return lines.length === 0
      ? ', and wrote nothing'
      : `; its last lines:${lines.map((line) => `\n    ${line}`).join('')}`;
  }

  #logEvent(level: LogEntry['level'], event: string, fields: Record<string, unknown>): void {
    this.#log.add({ time: currentLogTime(), node: CONTROLLER, level, event, fields });
  }

  #slot(name: string): NodeSlot {
    findNode(this.name, this.topology.nodes, name);
    return this.#slots.get(name) as NodeSlot;
  }
}

function stateOf({ process }: NodeSlot): NodeState {
  if (process === undefined) return 'created';
  if (process.exitCode !== undefined) return 'exited';
  return process.paused ? 'paused' : 'running';
}

const batchFile = (node: string) => join(SUPERVISOR_FOLDER, 'nodes', node);
