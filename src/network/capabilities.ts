import { DevnetError } from '../shared/errors.ts';
import { formatList } from '../shared/text.ts';
import { DEFAULT_MEMORY_BYTES } from '../topology/model/limits.ts';
import type { RuntimeName, Topology } from '../topology/model/topology.ts';
import type { PlannedFault } from './fault.ts';

/** Something that not every runtime can do. */
export type Capability =
  /** Nodes of another image. */
  | 'images'
  /** Nodes with a command of their own. */
  | 'custom-nodes'
  /** Nodes that are programs of this machine: with a command, and no image that it is in. */
  | 'local-programs'
  /** A working directory per node. */
  | 'working-directory'
  /** Limits of memory, processor and processes, and faults that change them. */
  | 'resource-limits'
  /** A user, capabilities or a writable root file system per node. */
  | 'permissions'
  /** A subnet of the topology's choice. */
  | 'subnet'
  /** Delay, jitter, loss, rate, …, partitions and faults on messages; and measuring all of that. */
  | 'link-conditions'
  /** Freezing a node. */
  | 'pause'
  /** Commands that run beside a node. */
  | 'exec'
  /** Counts of the memory, processor time and traffic of each node. */
  | 'resource-usage'
  /** Capturing packets. */
  | 'capture'
  /** Networks that outlive the process that started them. */
  | 'keep'
  /** Several hosts: one of the topology's choice for a node, and faults on them. */
  | 'placement'
  /** Encrypted traffic between hosts. */
  | 'encryption'
  /** A start that changes the network of its name, where one runs, into the declared one. */
  | 'incremental-start';

export type { RuntimeName } from '../topology/model/topology.ts';

/** Capabilities of each runtime. Everything that is not a {@link Capability}, every runtime can. */
export const RUNTIME_CAPABILITIES: Record<RuntimeName, ReadonlySet<Capability>> = {
  containers: new Set<Capability>([
    'images',
    'custom-nodes',
    'resource-limits',
    'permissions',
    'subnet',
    'link-conditions',
    'pause',
    'exec',
    'resource-usage',
    'capture',
    'keep',
    'incremental-start',
  ]),
  namespaces: new Set<Capability>([
    'custom-nodes',
    'local-programs',
    'working-directory',
    'resource-limits',
    'subnet',
    'link-conditions',
    'pause',
    'exec',
    'resource-usage',
    'capture',
    'keep',
    'incremental-start',
  ]),
  process: new Set(),
  swarm: new Set<Capability>([
    'images',
    'custom-nodes',
    'resource-limits',
    'permissions',
    'subnet',
    'link-conditions',
    'pause',
    'exec',
    'resource-usage',
    'capture',
    'keep',
    'placement',
    'encryption',
    'incremental-start',
  ]),
};

/** A feature in the user's words, and the capability that it needs. */
export interface Requirement {
  /** Capability that the runtime has to support. */
  capability: Capability;
  /** As the user asked for it: `image my-node of n1`. */
  feature: string;
}

/** An engine or machine that cannot do what its runtime can elsewhere. */
export interface IncapableEngine {
  /** As the subject of a sentence: `podman without root`. */
  description: string;
  /** One that can: `an engine that runs as root`. */
  alternative: string;
}

/** Error for a feature that the runtime does not have. Thrown before anything starts. */
export class UnsupportedError extends DevnetError {
  /** The runtime that was asked. */
  readonly runtime: RuntimeName;
  /** All that was asked of it and that it cannot do. */
  readonly requirements: readonly Requirement[];
  /** The runtimes that can do all of it; empty when none can. */
  readonly supportedBy: readonly RuntimeName[];
  /** The engine or machine that cannot do it, where the runtime itself can. */
  readonly engine: IncapableEngine | undefined;

  /** @param engine the engine that cannot do it, in words, and one that can; absent where the runtime itself cannot */
  constructor(runtime: RuntimeName, requirements: readonly Requirement[], engine?: IncapableEngine) {
    const supportedBy = (Object.keys(RUNTIME_CAPABILITIES) as RuntimeName[]).filter(
      (name) => !engine && requirements.every(({ capability }) => RUNTIME_CAPABILITIES[name].has(capability)),
    );
    const features = formatList(requirements.map(({ feature }) => feature));
    // A swarm takes more machines: it is named only for what one machine cannot do.
    const named = supportedBy.filter((name) => name !== 'swarm' || !supportedBy.includes('containers'));
    const hints = named.map((name) => `the ${name} runtime does: --engine ${name}, or engine: '${name}' in a test`);
    super('usage', `${engine?.description ?? `the ${runtime} runtime`} does not support: ${features}`, {
      hint: engine ? `${engine.alternative} does` : hints.join('; '),
    });
    this.runtime = runtime;
    this.requirements = requirements;
    this.supportedBy = supportedBy;
    this.engine = engine;
  }
}

/** @throws UnsupportedError that names all requirements that the runtime does not meet */
export function assertSupported(runtime: RuntimeName, requirements: readonly Requirement[]): void {
  const unmet = requirements.filter(({ capability }) => !RUNTIME_CAPABILITIES[runtime].has(capability));
  if (unmet.length > 0) throw new UnsupportedError(runtime, unmet);
}

/** Lists what a topology needs of the runtime that brings it up. */
export function topologyRequirements({ nodes, network, conditions, capture }: Topology): Requirement[] {
  return [
    ...(network.subnet === undefined ? [] : [{ capability: 'subnet', feature: `subnet ${network.subnet}` } as const]),
    ...(network.encrypted ? [{ capability: 'encryption', feature: 'encrypted: true' } as const] : []),
    ...(capture ? [{ capability: 'capture', feature: 'capture: true' } as const] : []),
    ...(conditions.length > 0 ? [{ capability: 'link-conditions', feature: 'link conditions' } as const] : []),
    ...nodes.flatMap(
      ({ name, image, command, cwd, cpus, memory, host, spread, constraints, open: { pids, ...permissions } }) => {
        const own: [Capability, string, boolean][] = [
          ['images', `image ${image}`, image !== undefined],
          ['custom-nodes', 'command', command !== undefined && image !== undefined],
          ['working-directory', 'cwd', cwd !== undefined],
          ['placement', `host ${host}`, host !== undefined],
          ['placement', `spread ${spread}`, spread !== undefined],
          ['placement', `constraints ${constraints?.join(', ')}`, constraints !== undefined],
          ['resource-limits', 'cpus', cpus !== undefined],
          ['resource-limits', 'memory', memory !== DEFAULT_MEMORY_BYTES],
          ['resource-limits', 'pids', pids !== undefined],
          ...Object.keys(permissions).map((key): [Capability, string, boolean] => ['permissions', key, true]),
        ];
        const requirements = own.flatMap(([capability, feature, asked]) =>
          asked ? [{ capability, feature: `${feature} of ${name}` }] : [],
        );
        const isLocal = command !== undefined && image === undefined;
        if (isLocal)
          requirements.push({ capability: 'local-programs', feature: `command of ${name} without an image` });
        return requirements;
      },
    ),
  ];
}

const FAULT_REQUIREMENTS: Record<PlannedFault['kind'], Requirement | undefined> = {
  kill: undefined,
  stop: undefined,
  restart: undefined,
  pause: { capability: 'pause', feature: 'pause' },
  squeeze: { capability: 'resource-limits', feature: 'squeeze' },
  partition: { capability: 'link-conditions', feature: 'partitions and cuts' },
  messages: { capability: 'link-conditions', feature: 'message faults' },
  link: { capability: 'link-conditions', feature: 'link conditions' },
  host: { capability: 'placement', feature: 'faults on hosts' },
};

/** Lists what faults need of a runtime, each thing once. */
export function faultRequirements(faults: readonly PlannedFault[]): Requirement[] {
  const kinds = new Set(faults.map(({ kind }) => kind));
  return [...kinds].flatMap((kind) => FAULT_REQUIREMENTS[kind] ?? []);
}
