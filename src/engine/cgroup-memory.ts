import { readFileSync } from 'node:fs';

/** Files of the control group that counts a process's memory. */
export interface MemoryFiles {
  /** File with the bytes in use. */
  usage: string;
  /** File with their kinds, one a line. */
  stat: string;
  /** Name of the kind that could be dropped at once. */
  droppable: string;
}

/** Returns the files that count a container's memory, by its id. */
export type MemoryFilesLookup = (containerId: string) => MemoryFiles;

/**
 * Finds the files that count the memory of an engine's containers: where one container has them, the others have them by their
 * own ids.
 * @param processId of the first process of the container `containerId`, as its engine has it
 * @returns undefined where the container is not on this machine, or its memory is not counted
 */
export function lookUpMemoryFiles(containerId: string, processId: number): MemoryFilesLookup | undefined {
  const files = findMemoryFiles(readText(`/proc/${processId}/cgroup`) ?? '', containerId);
  if (files === undefined) return undefined;
  const { usage, stat, droppable } = files;
  return (id) => ({ usage: usage.replace(containerId, id), stat: stat.replace(containerId, id), droppable });
}

/**
 * Returns the bytes of memory in use, as the engine would count them. The engine itself measures all containers one after the
 * other, once a second.
 * @returns undefined where the container does not run, has no such files, or its memory is not counted
 */
export function readCgroupMemory({ usage, stat, droppable }: MemoryFiles): number | undefined {
  const [usageText, statText] = [readText(usage), readText(stat)];
  return usageText === undefined || statText === undefined
    ? undefined
    : parseMemoryUsage(usageText, statText, droppable);
}

/** Reads a file of the kernel, which waits for no disk: at once, it takes an eighth of the processor time. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // No /proc, no such process, or no such control group.
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
