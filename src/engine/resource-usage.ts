import type { Readable } from 'node:stream';
import type { ContainerStats } from 'dockerode';
import { readJsonLines } from '../shared/files/json-lines.ts';
import { lookUpMemoryFiles, type MemoryFilesLookup, readCgroupMemory } from './cgroup-memory.ts';
import type { Engine } from './connection/engine.ts';
import { httpStatusOf, toEngineError } from './connection/engine-error.ts';
import { readEngineFeatures } from './connection/engine-features.ts';
import { containerHandle, engineOf } from './connection/engine-hosts.ts';
import { inspectContainer } from './containers.ts';

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
 * Reads the memory that many containers use. Where they are on this machine, their engine is asked about one of them only, for
 * the place of its control group.
 */
export class MemoryReader {
  readonly #engine: Engine;
  /** The files of each engine's containers; `undefined` where that is not on this machine, `'unknown'` if the container asked about does not run. */
  readonly #files = new Map<Engine, Promise<MemoryFilesLookup | 'unknown' | undefined>>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Returns the bytes of memory that a container uses, see {@link readContainerMemory}.
   * @throws DevnetError `engine_gone`, `engine_failed`
   */
  async read(id: string): Promise<number | undefined> {
    if (!(await readEngineFeatures(this.#engine)).usage) return undefined;
    const filesOf = await this.#lookUpFiles(id);
    return (filesOf && readCgroupMemory(filesOf(id))) ?? readContainerMemory(this.#engine, id);
  }

  async #lookUpFiles(id: string): Promise<MemoryFilesLookup | undefined> {
    const engine = engineOf(this.#engine, id);
    for (;;) {
      const known = this.#files.get(engine);
      const looking = known ?? this.#lookUpFilesBy(id);
      if (!known) this.#files.set(engine, looking);
      const found = await looking;
      if (found !== 'unknown') return found;
      if (this.#files.get(engine) === looking) this.#files.delete(engine);
      if (!known) return undefined;
    }
  }

  async #lookUpFilesBy(id: string): Promise<MemoryFilesLookup | 'unknown' | undefined> {
    const { processId = 0 } = (await inspectContainer(this.#engine, id)) ?? {};
    return processId > 0 ? lookUpMemoryFiles(id, processId) : 'unknown';
  }
}

/**
 * Returns the bytes of memory that a container uses, as `docker stats` does: without the page cache that could be dropped.
 * @returns undefined when it does not run or the engine keeps no figures
 * @throws DevnetError `engine_gone`, `engine_failed`
 */
export async function readContainerMemory(engine: Engine, id: string): Promise<number | undefined> {
  if (!(await readEngineFeatures(engine)).usage) return undefined;
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
