import { join } from 'node:path';
import { assertSupported, topologyRequirements } from '../../network/capabilities.ts';
import type { NetworkChange } from '../../network/control-socket/changeable-network.ts';
import { findServedNetworks } from '../../network/control-socket/find-served-networks.ts';
import { lockName } from '../../network/control-socket/lock-name.ts';
import { attachSocketNetwork, changeServedNetwork } from '../../network/control-socket/socket-network.ts';
import { creationSteps } from '../../network/plan-step.ts';
import { DEFAULT_TIMEOUT_MS } from '../../network/reconcile/link-reconciler.ts';
import type { Runtime, StartedNetwork } from '../../network/runtime.ts';
import { DevnetError } from '../../shared/errors.ts';
import { packageRoot } from '../../shared/files/package-root.ts';
import type { Topology } from '../../topology/index.ts';
import { readCgroupFolders } from './cgroup-folders.ts';
import { assertMachineLimits } from './machine-limits.ts';
import { assertLimitsSupported } from './node-limit-support.ts';
import { ensureNodeSnapshot, startsFromSnapshot } from './node-snapshot.ts';
import { assertNodeCount, findMissing, missingError, readMachineFacts } from './preflight.ts';
import { type StartNamespaceOptions, startSupervisor } from './supervisor-process.ts';

/** Connects to the runtime of network namespaces. @throws DevnetError `engine_missing` with what this machine lacks */
export function connectNamespaceRuntime(): Runtime {
  assertMachine(1, false);
  return {
    name: 'namespaces',
    version: 'namespaces',
    assertSupports: async (requirements) => {
      assertSupported('namespaces', requirements);
      const changesLinks = requirements.some(({ capability }) => capability === 'link-conditions');
      assertMachine(1, changesLinks);
    },
    start: startNamespaceNetwork,
    find: async (name) => {
      const { networks, failures } = await findServedNetworks(name);
      if (failures.length > 0) throw failures[0];
      return networks.filter(({ runtime }) => runtime === 'namespaces');
    },
    lock: lockName,
  };
}

/**
 * Brings a topology up in network namespaces, under a supervisor of its own; where one runs a network of its name, that one
 * applies the difference. Returns once every link was read back.
 * @throws UnsupportedError, before anything starts; DevnetError `engine_missing`, `host_limit`, `name_taken`, `node_died`, `not_verified`
 */
export async function startNamespaceNetwork(
  topology: Topology,
  options: StartNamespaceOptions = {},
): Promise<StartedNetwork> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, ownedByProcess = true, signal } = options;
  assertSupported('namespaces', topologyRequirements(topology));
  const cgroups = readCgroupFolders();
  assertLimitsSupported(topology, cgroups);
  assertNodeCount(topology.nodes.length);
  assertMachine(topology.nodes.length, topology.conditions.length > 0);
  assertMachineLimits(topology);
  signal?.throwIfAborted();
  const change = await changeRunning(topology, timeoutMs, options);
  if (change?.drift) return { network: await attachSocketNetwork(topology.name), ...change, drift: change.drift };
  const program = (name: string) => join(packageRoot, 'dist', name);
  const nodeSnapshot = startsFromSnapshot(topology) ? await ensureNodeSnapshot(program('node.cjs'), signal) : undefined;
  signal?.throwIfAborted();
  const { network, drift } = await startSupervisor(
    program('supervisor.cjs'),
    {
      topology,
      timeoutMs,
      ownedByProcess,
      programs: {
        node: [process.execPath, program('node.cjs')],
        nodeSnapshot,
        probe: [process.execPath, program('probe.cjs')],
        capture: [process.execPath, program('capture.cjs')],
      },
      folder: process.cwd(),
      cgroups,
    },
    options,
  );
  return { network, steps: change?.steps ?? creationSteps(topology), drift };
}

/**
 * Changes the network of a topology's name, where one runs.
 * @returns undefined where none does; without `drift` when it was removed, since it has to be replaced as a whole
 */
async function changeRunning(
  topology: Topology,
  timeoutMs: number,
  { signal, onProgress = () => {} }: StartNamespaceOptions,
): Promise<NetworkChange | undefined> {
  const { name } = topology;
  const { networks } = await findServedNetworks(name);
  const [running] = networks;
  if (running?.runtime !== 'namespaces') return undefined;
  try {
    const change = await changeServedNetwork(topology, { timeoutMs, signal, onProgress });
    if (change.drift === undefined) await running.remove();
    return change;
  } catch (cause) {
    signal?.throwIfAborted();
    if (!(cause instanceof DevnetError) || cause.code === 'name_taken') throw cause;
    const hint = cause.hint === undefined ? '' : `${cause.hint}; `;
    throw new DevnetError(cause.code, cause.message, {
      hint: `${hint}"${name}" may be changed in part: devnet status ${name} shows it, devnet up again continues`,
      cause,
    });
  }
}

function assertMachine(nodes: number, shapesLinks: boolean): void {
  const missing = findMissing(readMachineFacts(shapesLinks), nodes);
  if (missing.length > 0) throw missingError(missing);
}
