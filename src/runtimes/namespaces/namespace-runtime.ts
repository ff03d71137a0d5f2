import { join } from 'node:path';
import { assertSupported, topologyRequirements } from '../../network/capabilities.ts';
import { findServedNetworks } from '../../network/control-socket/find-served-networks.ts';
import { lockName } from '../../network/control-socket/lock-name.ts';
import { DEFAULT_TIMEOUT_MS } from '../../network/link-reconciler.ts';
import { creationSteps } from '../../network/plan-step.ts';
import type { Runtime, StartedNetwork } from '../../network/runtime.ts';
import { packageRoot } from '../../shared/files/package-root.ts';
import type { Topology } from '../../topology/index.ts';
import { assertNodeCount, findMissing, missingError, readMachineFacts } from './preflight.ts';
import { type StartNamespaceOptions, startSupervisor } from './supervisor-process.ts';

/** Connects to the runtime of network namespaces. @throws DevnetError `engine_missing` with what this machine lacks */
export function connectNamespaceRuntime(): Runtime {
  assertMachine(1, false);
  return {
    name: 'namespaces',
    version: 'namespaces',
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
 * Brings a topology up in network namespaces, under a supervisor of its own. Returns once every link was read back.
 * @throws UnsupportedError, before anything starts; DevnetError `engine_missing`, `host_limit`, `name_taken`, `node_died`, `not_verified`
 */
export async function startNamespaceNetwork(
  topology: Topology,
  options: StartNamespaceOptions = {},
): Promise<StartedNetwork> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, ownedByProcess = true, signal } = options;
  assertSupported('namespaces', topologyRequirements(topology));
  assertNodeCount(topology.nodes.length);
  assertMachine(topology.nodes.length, topology.conditions.length > 0);
  signal?.throwIfAborted();
  const program = (name: string) => join(packageRoot, 'dist', name);
  const { network, drift } = await startSupervisor(
    program('supervisor.cjs'),
    {
      topology,
      timeoutMs,
      ownedByProcess,
      programs: { node: [process.execPath, program('node.cjs')], probe: [process.execPath, program('probe.cjs')] },
      folder: process.cwd(),
    },
    options,
  );
  return { network, steps: creationSteps(topology), drift };
}

function assertMachine(nodes: number, shapesLinks: boolean): void {
  const missing = findMissing(readMachineFacts(shapesLinks), nodes);
  if (missing.length > 0) throw missingError(missing);
}
