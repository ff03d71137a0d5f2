import { type Requirement, UnsupportedError } from '../../network/capabilities.ts';
import type { Topology } from '../../topology/model/topology.ts';
import type { CgroupFolders } from './cgroup-folders.ts';

/** Texts about a machine that has no control groups to give, and about what has some. */
export const NO_CGROUPS = {
  description: 'this machine, without control groups that devnet may make,',
  alternative: 'systemd-run --user --scope -p Delegate=yes devnet …, or --engine containers',
};

/**
 * Refuses limits that this machine cannot set. `memory` needs no control group: without one, the memory that a process may
 * reserve is limited.
 * @throws UnsupportedError
 */
export function assertLimitsSupported({ nodes }: Topology, { folders }: CgroupFolders): void {
  const unmet = nodes.flatMap(({ name, cpus, open: { pids } }): Requirement[] => {
    const missing = [
      ...(cpus !== undefined && folders.cpu === undefined ? ['cpus'] : []),
      ...(pids !== undefined && folders.pids === undefined ? ['pids'] : []),
    ];
    return missing.map((limit) => ({ capability: 'resource-limits', feature: `${limit} of ${name}` }));
  });
  if (unmet.length > 0) throw new UnsupportedError('namespaces', unmet, NO_CGROUPS);
}
