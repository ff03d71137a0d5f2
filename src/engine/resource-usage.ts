import type { Readable } from 'node:stream';
import type { ContainerStats } from 'dockerode';
import { readJsonLines } from '../shared/files/json-lines.ts';
import { readCgroupMemory } from './cgroup-memory.ts';
import type { Engine } from './connection/engine.ts';
import { httpStatusOf, toEngineError } from './connection/engine-error.ts';
import { readEngineFeatures } from './connection/engine-features.ts';
import { containerHandle } from './connection/engine-hosts.ts';

/** A running container's use of resources, as the engine counts it. */
export interface ResourceUsage {
  /** Time of the count, milliseconds since the epoch. */
  time: number;
  /** Processor time since its start, nanoseconds. */
  cpu: number;
  /** Bytes in use now, without the page cache that could be dropped. */
  memory: number;
  /** Bytes allowed. @default absent: the runtime has no limits */
  memoryLimit?: number;
  /** Bytes received over its network since its start. */
  received: number;
  /** Bytes sent over its network since its start. */
  sent: number;
}

/**
 * Calls `onUsage` about once a second, until the container ends or `signal` aborts.
 * @throws DevnetError `engine_gone`, `engine_failed`
 */
export async function watchResourceUsage(
  engine: Engine,
  id: string,
  signal: AbortSignal,
  onUsage: (usage: ResourceUsage) => void,
): Promise<void> {
  let stop: (() => void) | undefined;
  try {
    const stream = (await containerHandle(engine, id).stats({ stream: true })) as unknown as Readable;
    stop = () => stream.destroy();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    for await (const stats of readJsonLines<ContainerStats>(stream)) {
      const usage = parseContainerStats(stats);
      if (usage) onUsage(usage);
    }
  } catch (cause) {
    if (!signal.aborted && !isNotRunning(cause)) throw toEngineError(cause, measuring(id));
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}

/**
 * Returns the bytes of memory that a container uses, as `docker stats` does: without the page cache that could be dropped.
 * Where the container is on this machine, the engine is not asked.
 * @param processId its first process. @default unknown
 * @returns undefined when it does not run or the engine keeps no figures
 * @throws DevnetError `engine_gone`, `engine_failed`
 */
export async function readContainerMemory(engine: Engine, id: string, processId = 0): Promise<number | undefined> {
  if (!(await readEngineFeatures(engine)).usage) return undefined;
  const memory = await readCgroupMemory(id, processId);
  if (memory !== undefined) return memory;
  try {
    return parseContainerStats(await containerHandle(engine, id).stats({ stream: false, 'one-shot': true }))?.memory;
  } catch (cause) {
    if (isNotRunning(cause)) return undefined;
    throw toEngineError(cause, measuring(id));
  }
}

const isNotRunning = (cause: unknown): boolean => [404, 409].includes(httpStatusOf(cause) ?? 0);
const measuring = (id: string): string => `measure the container ${id.slice(0, 12)}`;

/** @returns undefined for a container that does not run: the engine then sends figures without values */
function parseContainerStats({ read, cpu_stats, memory_stats, networks }: ContainerStats): ResourceUsage | undefined {
  if (memory_stats?.usage === undefined) return undefined;
  // cgroup v1 calls it total_inactive_file, v2 inactive_file.
  const stats = memory_stats.stats as unknown as Record<string, number> | undefined;
  const interfaces = Object.values(networks ?? {});
  return {
    time: Date.parse(read as unknown as string),
    cpu: cpu_stats.cpu_usage.total_usage,
    memory: memory_stats.usage - (stats?.total_inactive_file ?? stats?.inactive_file ?? 0),
    memoryLimit: memory_stats.limit,
    received: interfaces.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
    sent: interfaces.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
  };
}
