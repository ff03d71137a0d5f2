import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Requirement, UnsupportedError } from '../../../../network/capabilities.ts';
import type { Fault } from '../../../../network/fault.ts';
import { DEFAULT_MEMORY_BYTES } from '../../../../topology/model/limits.ts';
import type { TopologyNode } from '../../../../topology/model/topology.ts';
import type { CgroupFolders, Controller } from '../../cgroup-folders.ts';
import { CGROUP_VARIABLE, SUPERVISOR_CGROUPS } from '../../launch-scripts.ts';
import { NO_CGROUPS } from '../../node-limit-support.ts';
import { listNamespaceProcesses } from './processes.ts';

/** Limits of a node. An absent one does not apply. */
export interface NodeLimits {
  /** Bytes. */
  memory?: number;
  /** Cores. */
  cpus?: number;
  /** Processes and threads. */
  pids?: number;
}

/** Way of starting a node so that its limits apply. */
export interface LimitedStart {
  /** Control groups that it joins. */
  groups: string[];
  /** Bytes of writable memory that each of its processes may reserve, where no control group limits it. */
  dataLimit?: number;
}

type SqueezeFault = Extract<Fault, { kind: 'squeeze' }>;

/** Microseconds; the kernel's default. */
const CPU_PERIOD = 100_000;

/** Returns the limits that a topology declares for a node. The default of its memory is for containers. */
export function declaredLimits({ memory, cpus, open: { pids } }: TopologyNode): NodeLimits {
  return {
    ...(memory === DEFAULT_MEMORY_BYTES ? {} : { memory }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(pids === undefined ? {} : { pids }),
  };
}

/** Returns the files of a control group that set limits, with their text. An absent limit is lifted. */
export function limitFiles(
  version: CgroupFolders['version'],
  controller: Controller,
  { memory, cpus, pids }: NodeLimits,
): [file: string, text: string][] {
  const quota = cpus === undefined ? undefined : Math.round(cpus * CPU_PERIOD);
  switch (controller) {
    case 'memory': {
      const bytes = memory === undefined ? undefined : String(memory);
      return version === 1
        ? [['memory.limit_in_bytes', bytes ?? '-1']]
        : [
            ['memory.max', bytes ?? 'max'],
            ['memory.swap.max', bytes === undefined ? 'max' : '0'],
          ];
    }
    case 'cpu':
      return version === 1
        ? [['cpu.cfs_quota_us', String(quota ?? -1)]]
        : [['cpu.max', `${quota ?? 'max'} ${CPU_PERIOD}`]];
    case 'pids':
      return [['pids.max', String(pids ?? 'max')]];
  }
}

/** Limits of the nodes, in control groups where this machine has some to give. A group is made with the first limit of its node. */
export class NodeLimiter {
  readonly #cgroups: CgroupFolders;
  /** Nodes and the controllers that they have groups of. */
  readonly #groups = new Map<string, Set<Controller>>();
  /** Nodes that are squeezed. */
  readonly #squeezed = new Set<string>();

  constructor(cgroups: CgroupFolders) {
    this.#cgroups = cgroups;
  }

  /** Prepares the start of a node with its declared limits. */
  prepare(node: TopologyNode): LimitedStart {
    const limits = declaredLimits(node);
    this.#squeezed.delete(node.name);
    this.#set(node.name, limits);
    const groups = [...(this.#groups.get(node.name) ?? [])].map((controller) => this.#folder(node.name, controller));
    const isFree = limits.memory === undefined || this.#has('memory');
    return { groups, ...(isFree ? {} : { dataLimit: limits.memory as number }) };
  }

  /**
   * Limits a running node.
   * @param pid its first process
   * @returns the limitation that this is in force with
   * @throws UnsupportedError where this machine has no control group for it
   */
  squeeze({ node, cpus, memory }: SqueezeFault, declared: TopologyNode, pid: number): string | undefined {
    const squeezed = { ...(cpus === undefined ? {} : { cpus }), ...(memory === undefined ? {} : { memory }) };
    this.assertSqueezable([{ kind: 'squeeze', node, ...squeezed }]);
    const hadMemoryGroup = this.#groups.get(node)?.has('memory') ?? false;
    this.#set(node, { ...declaredLimits(declared), ...squeezed });
    for (const controller of this.#groups.get(node) ?? []) {
      const file = join(this.#folder(node, controller), 'cgroup.procs');
      for (const member of listNamespaceProcesses(pid)) writeUnlessEnded(file, member);
    }
    this.#squeezed.add(node);
    return memory === undefined || hadMemoryGroup
      ? undefined
      : `${node} was started without a limit of its memory: what it used before does not count; \`memory\` in the topology counts it`;
  }

  /** Restores a node's declared limits. @returns whether it had others */
  restore(declared: TopologyNode): boolean {
    if (!this.#squeezed.delete(declared.name)) return false;
    this.#set(declared.name, declaredLimits(declared));
    return true;
  }

  /** True if the kernel killed a process of a node for using more than its memory. */
  wasKilledForMemory(node: string): boolean {
    if (!this.#groups.get(node)?.has('memory')) return false;
    const file = this.#cgroups.version === 1 ? 'memory.oom_control' : 'memory.events';
    try {
      return /^oom_kill [1-9]/m.test(readFileSync(join(this.#folder(node, 'memory'), file), 'utf8'));
    } catch {
      return false;
    }
  }

  /** @throws UnsupportedError where faults need control groups that this machine does not have */
  assertSqueezable(faults: readonly Fault[]): void {
    const unmet = faults.flatMap((fault): Requirement[] => {
      if (fault.kind !== 'squeeze') return [];
      const missing = [
        ...(fault.cpus !== undefined && !this.#has('cpu') ? ['cpus'] : []),
        ...(fault.memory !== undefined && !this.#has('memory') ? ['memory'] : []),
      ];
      return missing.map((limit) => ({ capability: 'resource-limits', feature: `squeeze of ${limit}` }));
    });
    if (unmet.length > 0) throw new UnsupportedError('namespaces', unmet, NO_CGROUPS);
  }

  /** Sets the limits of a node, in groups that it has or now needs. */
  #set(node: string, limits: NodeLimits): void {
    const groups = this.#groups.get(node) ?? new Set<Controller>();
    for (const [controller, limit] of [
      ['memory', limits.memory],
      ['cpu', limits.cpus],
      ['pids', limits.pids],
    ] as const) {
      if (!this.#has(controller) || (limit === undefined && !groups.has(controller))) continue;
      const folder = this.#folder(node, controller);
      if (!groups.has(controller)) this.#make(folder);
      groups.add(controller);
      for (const [file, text] of limitFiles(this.#cgroups.version, controller, limits)) {
        writeFileSync(join(folder, file), text);
      }
    }
    if (groups.size > 0) this.#groups.set(node, groups);
  }

  #make(folder: string): void {
    const network = join(folder, '..');
    mkdirSync(network, { recursive: true });
    if (this.#cgroups.version === 2) {
      const controllers = Object.keys(this.#cgroups.folders).map((controller) => `+${controller}`);
      writeFileSync(join(network, 'cgroup.subtree_control'), controllers.join(' '));
    }
    mkdirSync(folder, { recursive: true });
  }

  #folder(node: string, controller: Controller): string {
    return join(SUPERVISOR_CGROUPS, controller, process.env[CGROUP_VARIABLE] as string, node);
  }

  #has(controller: Controller): boolean {
    return this.#cgroups.folders[controller] !== undefined;
  }
}

function writeUnlessEnded(file: string, pid: number): void {
  try {
    writeFileSync(file, String(pid));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause;
  }
}
