import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readlink } from 'node:fs/promises';
import { release } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { filterFaults } from '../../../agents/netem/state/link-state.ts';
import { readCapture } from '../../../controller/capture/read-capture.ts';
import { measureLinks } from '../../../controller/inspect/measure-links.ts';
import { declaredLinkState } from '../../../controller/links/declared-link-state.ts';
import type { LinkAccess } from '../../../controller/links/link-access.ts';
import { reconnectLinks, updateLinkState } from '../../../controller/links/update-link-state.ts';
import type { ExecStreams } from '../../../engine/exec.ts';
import type { ResourceUsage } from '../../../engine/resource-usage.ts';
import { RUNTIME_CAPABILITIES } from '../../../network/capabilities.ts';
import type {
  ChangeableNetwork,
  ChangeOptions,
  NetworkChange,
} from '../../../network/control-socket/changeable-network.ts';
import { createDirectDialer, type Dialer } from '../../../network/dialer.ts';
import {
  type ActiveFault,
  type ActiveLinkConditions,
  type Fault,
  type FaultHandle,
  type FaultId,
  type HealResult,
  type HealTarget,
  newFaultName,
} from '../../../network/fault.ts';
import { type Drift, findDrift } from '../../../network/links/drift.ts';
import type { LinkMeasurement, MeasureLinksOptions } from '../../../network/links/link-measurement.ts';
import type { LogEntry } from '../../../network/log-entry.ts';
import { linkStatuses, type NetworkStatus } from '../../../network/network-status.ts';
import { namesByAddress } from '../../../network/node-names.ts';
import { readNodeReports } from '../../../network/node-reports.ts';
import { creationSteps, type PlanStep } from '../../../network/plan-step.ts';
import { DEFAULT_TIMEOUT_MS } from '../../../network/reconcile/link-reconciler.ts';
import { restorePeers } from '../../../network/reconcile/restore-peers.ts';
import type {
  CapturedPart,
  CaptureOptions,
  NetworkSummary,
  NodeAddress,
  ReadLogOptions,
  RunningNode,
  StartNodeOptions,
  StatusOptions,
} from '../../../network/running-network.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { type ClockOffset, wallClockOffset } from '../../../shared/time/clock-offset.ts';
import type { DirectedLinkConditions, Link, Topology } from '../../../topology/index.ts';
import type { CgroupFolders } from '../cgroup-folders.ts';
import { openChildSession } from '../child-session.ts';
import type { Programs } from '../supervisor-protocol.ts';
import { NamespaceFaults } from './namespace-faults.ts';
import { NetemLinks } from './netem-links.ts';
import { changeAddresses, planChange } from './network-change.ts';
import { NetworkDevices } from './network-devices.ts';
import { type AddressPlan, BRIDGE, planAddresses, subnetOf } from './network-plan.ts';
import { execInNode } from './nodes/exec-in-node.ts';
import { NodeLimiter } from './nodes/node-limits.ts';
import { NodeSlots } from './nodes/node-slots.ts';
import { startProbe } from './nodes/probe-process.ts';
import { readResourceUsage, USAGE_INTERVAL_MS } from './nodes/resource-usage.ts';
import { orderByTime } from './order-log.ts';
import { rollOut } from './roll-out.ts';

export interface NamespaceNetworkOptions {
  topology: Topology;
  programs: Programs;
  /** Working directory of nodes that name none. */
  folder: string;
  /** Where control groups can be made. */
  cgroups: CgroupFolders;
  /** Leaves the network up when the process that started it ends. */
  onKeep: () => void;
  /** Ends the supervisor. */
  onDown: () => void;
}

/** A network in the namespaces that this process, its supervisor, is in. All of it ends with this process. */
export class NamespaceNetwork implements ChangeableNetwork {
  readonly name: string;
  readonly runtime = 'namespaces';
  readonly capabilities = RUNTIME_CAPABILITIES.namespaces;
  topology: Topology;
  readonly dialer: Dialer;
  readonly #options: NamespaceNetworkOptions;
  #plan: AddressPlan;
  readonly #devices = new NetworkDevices();
  readonly #slots: NodeSlots;
  readonly #netem: NetemLinks;
  readonly #faults: NamespaceFaults;
  readonly #run = randomUUID();
  /** Seconds since the epoch. */
  readonly #createdAt = Date.now() / 1_000;
  #isChanging = false;

  constructor(options: NamespaceNetworkOptions) {
    const { topology, programs, folder, cgroups } = options;
    this.#options = options;
    this.name = topology.name;
    this.topology = topology;
    this.#plan = planAddresses(topology, Math.random());
    const { gateway } = this.#plan;
    this.dialer = Object.assign(createDirectDialer(gateway), { network: { name: this.name, id: this.#run } });
    const limiter = new NodeLimiter(cgroups);
    const network = { network: this.name, run: this.#run, gateway };
    this.#slots = new NodeSlots(topology.nodes, { ...network, programs, folder, limiter });
    this.#netem = new NetemLinks(this.name, (level, event, fields = {}) => this.#slots.logEvent(level, event, fields));
    this.#faults = new NamespaceFaults({
      network: this,
      slots: this.#slots,
      netem: this.#netem,
      limiter,
      links: () => this.#links(),
    });
  }

  get addresses(): ReadonlyMap<string, NodeAddress> {
    return this.#plan.addresses;
  }

  /** Makes the network, starts all nodes, seeds their links and verifies them. @throws DevnetError `node_died`, `not_verified`, … */
  async startAll(options: ChangeOptions): Promise<Drift> {
    const steps = creationSteps(this.topology);
    options.onProgress({ step: 'plan', steps, change: false });
    await this.#devices.create(this.#plan, this.topology.links);
    return this.#rollOut(steps, options);
  }

  async change(topology: Topology, options: ChangeOptions): Promise<NetworkChange> {
    if (this.#isChanging) {
      throw new DevnetError('name_taken', `another process is changing "${this.name}"`, {
        hint: 'wait for it to end, and try again',
      });
    }
    this.#isChanging = true;
    try {
      return await this.#change(topology, options);
    } finally {
      this.#isChanging = false;
    }
  }

  async clockOffset(): Promise<ClockOffset> {
    return wallClockOffset();
  }

  async nodes(): Promise<RunningNode[]> {
    return [...this.addresses].map(([name, address]) => ({ name, state: this.#slots.stateOf(name), ...address }));
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
    const reports = await readNodeReports(this, await this.nodes(), { measureRoundTrips });
    const drift = findDrift(links, names, reports);
    const cutOf = await this.#faults.cutLookup();
    return {
      name,
      subnet: subnetOf(this.#plan),
      internal: true,
      created: this.#createdAt,
      clockOffsetMs: 0,
      faults: await this.activeFaults(),
      nodes: this.#slots.all.map((slot) => {
        const { name: node } = slot.declared;
        return this.#slots.statusOf(slot, this.addresses.get(node) as NodeAddress, usageOf?.includes(node) ?? true);
      }),
      links: linkStatuses(links, names, reports, drift).map((link) => {
        const cut = cutOf(link);
        return cut === undefined ? link : { ...link, cut };
      }),
      drift,
    };
  }

  async readLog(options: ReadLogOptions): Promise<AsyncIterable<LogEntry[]>> {
    return orderByTime(this.#slots.log.read(options), options.windowMs);
  }

  async kill(node: string): Promise<void> {
    await this.#slots.running(node)?.kill();
  }

  async stop(node: string): Promise<void> {
    await this.#slots.running(node)?.stop();
  }

  async pause(node: string): Promise<void> {
    const running = this.#slots.running(node);
    if (!running) throw new DevnetError('node_unreachable', `${node} does not run, so it cannot be paused`);
    running.pause();
    this.#slots.logEvent('info', 'node_paused', { of: node });
  }

  async unpause(node: string, options?: StartNodeOptions): Promise<void> {
    await this.start(node, options);
  }

  async start(node: string, options: StartNodeOptions = {}): Promise<void> {
    const running = this.#slots.running(node);
    if (running?.paused) {
      running.unpause();
      this.#slots.logEvent('info', 'node_unpaused', { of: node });
    } else if (!running) {
      this.#slots.logEvent('info', 'node_started', { of: node });
      this.#slots.start(this.#slots.find(node));
    }
    if ((await restorePeers(this, [node], options)).length === 0) return;
    const seconds = (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 1_000;
    throw new DevnetError(
      'node_silent',
      `${node} was started and does not list its peers after ${seconds} s${this.#slots.lastLines(node)}`,
    );
  }

  async restart(node: string, options: StartNodeOptions = {}): Promise<void> {
    await this.stop(node);
    await this.start(node, options);
  }

  async exec(node: string, command: readonly string[], streams: ExecStreams): Promise<number> {
    return execInNode(this.#slots.assertRunning(node), command, streams);
  }

  async watchUsage(onUsage: (node: string, usage: ResourceUsage) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const running = this.#slots.all.filter(({ declared }) => this.#slots.stateOf(declared.name) === 'running');
      if (running.length === 0) return;
      for (const { declared, process } of running) {
        const usage = readResourceUsage(process?.pid);
        if (usage && !signal.aborted) onUsage(declared.name, usage);
      }
      await wait(USAGE_INTERVAL_MS, undefined, { signal }).catch(() => {}); // The loop ends when the signal aborts.
    }
  }

  async capturePackets({ filter, signal }: CaptureOptions): Promise<AsyncIterable<CapturedPart>> {
    const [program, ...args] = this.#options.programs.capture;
    const session = openChildSession(spawn(program as string, args, { stdio: ['pipe', 'pipe', 'ignore'] }));
    const task = { bridge: BRIDGE, subnet: subnetOf(this.#plan), ...(filter === undefined ? {} : { filter }) };
    return readCapture(session, task, signal);
  }

  async prepareFaults(faults: readonly Fault[]): Promise<void> {
    await this.#faults.prepare(faults);
  }

  async inject(fault: Fault, id: FaultId = { name: newFaultName(fault) }): Promise<FaultHandle> {
    return this.#faults.inject(fault, id);
  }

  async heal(targets?: readonly HealTarget[]): Promise<HealResult> {
    return this.#faults.heal(targets);
  }

  async activeFaults(): Promise<ActiveFault[]> {
    return this.#faults.active();
  }

  async linkConditions(): Promise<ActiveLinkConditions[]> {
    return this.#netem.conditions(this.topology.links);
  }

  async measureLinks(options: MeasureLinksOptions = {}): Promise<LinkMeasurement[]> {
    return measureLinks(
      {
        links: this.topology.links,
        nodes: await this.nodes(),
        active: await this.linkConditions(),
        startProbe: async (node) => startProbe(node, this.#slots.assertRunning(node.name), this.#options.programs),
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
      await this.#applyDeclaredConditions(before.links);
    };
    // Before the links connect, so that their first packets have the conditions. Only those of before are connected yet.
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
    this.#slots.log.close();
    this.#options.onDown();
  }

  close(): void {
    this.dialer.close();
  }

  #rollOut(steps: readonly PlanStep[], options: ChangeOptions): Promise<Drift> {
    return rollOut(
      {
        network: this,
        subnet: subnetOf(this.#plan),
        devices: this.#devices,
        slots: this.#slots,
        applyDeclaredConditions: () => this.#applyDeclaredConditions(),
      },
      steps,
      options,
    );
  }

  async #change(topology: Topology, options: ChangeOptions): Promise<NetworkChange> {
    const steps = planChange(topology, {
      before: this.topology,
      slots: this.#slots,
      plan: this.#plan,
      reports: await readNodeReports(this, await this.nodes(), { measureRoundTrips: false }),
      links: await this.#netem.state(),
    });
    if (steps.some((step) => step.do === 'make network')) return { steps, drift: undefined };
    options.onProgress({ step: 'plan', steps, change: true });
    const removed = steps.flatMap((step) => (step.do === 'remove node' ? step.node : []));
    await Promise.all(removed.map((node) => this.kill(node)));
    await this.#devices.remove(this.#plan, removed);
    this.topology = topology;
    this.#plan = changeAddresses(topology, this.#plan);
    this.#slots.declare(topology.nodes);
    const made = steps.flatMap((step) => (step.do === 'make node' ? step.node : []));
    await this.#devices.add(this.#plan, made, topology.links);
    return { steps, drift: await this.#rollOut(steps, options) };
  }

  /**
   * Sets the declared conditions of links, and heals all faults on links.
   * @param connected links that are or may be connected
   */
  async #applyDeclaredConditions(connected = this.topology.links): Promise<void> {
    const links = this.#links(connected);
    const { conditions, shaping } = links.declared();
    await updateLinkState(links, (state) => ({ ...filterFaults(state, () => false), conditions, shaping }));
  }

  /** @param connected links whose connections a change of their conditions may have to open anew */
  #links(connected = this.topology.links): LinkAccess {
    const hosts = new Map([...this.addresses].map(([name, { host }]) => [name, host]));
    return {
      run: this.#run,
      declared: () => declaredLinkState(this.topology, { bridge: BRIDGE, gateway: this.#plan.gateway }, hosts),
      addressOf: (node) => hosts.get(this.#slots.find(node).declared.name) as string,
      openAgent: () => this.#netem.openAgent(),
      reconnect: (pairs) => reconnectLinks(this, connected, pairs),
    };
  }
}
