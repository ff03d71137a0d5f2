import { readFile } from 'node:fs/promises';

/** Files of the control group that counts a process's memory. */
export interface MemoryFiles {
  /** File with the bytes in use. */
  usage: string;
  /** File with their kinds, one a line. */
  stat: string;
  /** Name of the kind that could be dropped at once. */
  droppable: string;
}

/**
 * Returns the bytes of memory that a container uses, from its control group, as the engine would count them. The engine itself
 * measures all containers one after the other, once a second.
 * @param processId of the container's first process, as its engine has it
 * @returns undefined where the container is not on this machine, or its memory is not counted
 */
export async function readCgroupMemory(containerId: string, processId: number): Promise<number | undefined> {
  if (processId <= 0) return undefined;
  try {
    const files = findMemoryFiles(await readFile(`/proc/${processId}/cgroup`, 'utf8'), containerId);
    if (files === undefined) return undefined;
    const [usage, stat] = await Promise.all([readFile(files.usage, 'utf8'), readFile(files.stat, 'utf8')]);
    return parseMemoryUsage(usage, stat, files.droppable);
  } catch {
    return undefined; // No /proc, no such process, or a control group that does not count memory.
  }
}

/**
 * Finds the files that count a container's memory.
 * @param cgroupText `/proc/PID/cgroup` of one of its processes, see cgroups(7)
 * @returns undefined for a process of something else: another machine's process has that number here
 */
export function findMemoryFiles(cgroupText: string, containerId: string): MemoryFiles | undefined {
  const groups = cgroupText.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line)?.slice(1) ?? []);
  const v1 = groups.find(([controllers = '']) => controllers.split(',').includes('memory'));
  const [, path] = v1 ?? groups.find(([controllers]) => controllers === '') ?? [];
  const end = path?.indexOf(containerId) ?? -1;
  if (path === undefined || end < 0) return undefined;
  // Podman's runtime may put the processes into a group inside the container's own.
  const [name] = path.slice(end).split('/') as [string];
  const folder = `/sys/fs/cgroup${v1 ? '/memory' : ''}${path.slice(0, end)}${name}`;
  return v1
    ? { usage: `${folder}/memory.usage_in_bytes`, stat: `${folder}/memory.stat`, droppable: 'total_inactive_file' }
    : { usage: `${folder}/memory.current`, stat: `${folder}/memory.stat`, droppable: 'inactive_file' };
}

/** Returns the bytes in use without those that could be dropped; undefined where a file holds no figure. */
export function parseMemoryUsage(usageText: string, statText: string, droppable: string): number | undefined {
  const usage = Number(usageText.trim() || Number.NaN);
  const dropped = new RegExp(`^${droppable} (\\d+)$`, 'm').exec(statText)?.[1] ?? 0;
  return Number.isNaN(usage) ? undefined : usage - Number(dropped);
}
