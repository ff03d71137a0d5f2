import type { Readable } from 'node:stream';
import type { ContainerStats } from 'dockerode';
import type { Engine } from './engine.ts';
import { httpStatusOf, toEngineError } from './engine-error.ts';

/** What a running container has used so far, by the engine's count. */
export interface ResourceUsage {
  /** When it was counted, milliseconds since the epoch. */
  time: number;
  /** Processor time, nanoseconds. */
  cpu: number;
  /** Bytes in use now, without the page cache that could be dropped. */
  memory: number;
  /** Bytes allowed. */
  memoryLimit: number;
  /** Bytes over its network, since it was started. */
  received: number;
  sent: number;
}

/** A container's usage about once a second, until it ends or `signal` aborts. */
export async function watchResourceUsage(
  engine: Engine,
  id: string,
  signal: AbortSignal,
  seen: (usage: ResourceUsage) => void,
): Promise<void> {
  let stream: Readable;
  try {
    stream = (await engine.docker.getContainer(id).stats({ stream: true })) as unknown as Readable;
  } catch (cause) {
    if (httpStatusOf(cause) === 404 || httpStatusOf(cause) === 409) return;
    throw toEngineError(cause, `measure the container ${id.slice(0, 12)}`);
  }
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  let rest = '';
  try {
    for await (const chunk of stream) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() as string;
      for (const line of lines) {
        const usage = parseContainerStats(JSON.parse(line) as ContainerStats);
        if (usage) seen(usage);
      }
    }
  } catch (cause) {
    if (!signal.aborted) throw toEngineError(cause, `measure the container ${id.slice(0, 12)}`);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** @returns undefined for a container that is not running: the engine then sends figures without values */
export function parseContainerStats({
  read,
  cpu_stats: cpu,
  memory_stats: memory,
  networks,
}: ContainerStats): ResourceUsage | undefined {
  if (memory?.usage === undefined) return undefined;
  // cgroup v1 says total_inactive_file, v2 inactive_file.
  const stats = memory.stats as unknown as Record<string, number> | undefined;
  const over = Object.values(networks ?? {});
  return {
    time: Date.parse(read as unknown as string),
    cpu: cpu.cpu_usage.total_usage,
    memory: memory.usage - (stats?.total_inactive_file ?? stats?.inactive_file ?? 0),
    memoryLimit: memory.limit,
    received: over.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
    sent: over.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
  };
}
