import { readFileSync } from 'node:fs';
import type { ResourceUsage } from '../../../../engine/resource-usage.ts';
import { listNamespaceProcesses } from './processes.ts';

/** Time from one count to the next, milliseconds. */
export const USAGE_INTERVAL_MS = 1_000;
/** Linux counts processor time for programs in hundredths of a second, whatever its own clock. */
const NANOSECONDS_PER_TICK = 10_000_000;

/**
 * Counts what the processes of a node use.
 * @param pid its first process; undefined when it has ended
 */
export function readResourceUsage(pid: number | undefined): ResourceUsage | undefined {
  if (pid === undefined) return undefined;
  try {
    const processes = listNamespaceProcesses(pid).map((one) =>
      parseProcess(readFileSync(`/proc/${one}/stat`, 'utf8'), readFileSync(`/proc/${one}/status`, 'utf8')),
    );
    const sum = (key: 'cpu' | 'memory') => processes.reduce((total, one) => total + one[key], 0);
    const traffic = parseTraffic(readFileSync(`/proc/${pid}/net/dev`, 'utf8'));
    return { time: Date.now(), cpu: sum('cpu'), memory: sum('memory'), ...traffic };
  } catch {
    return undefined; // It ended meanwhile.
  }
}

/** Returns processor time (nanoseconds) and resident anonymous memory (bytes) from the text of /proc/PID/stat and /proc/PID/status. */
export function parseProcess(stat: string, status: string): { cpu: number; memory: number } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const memory = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  return { cpu: (Number(fields[11]) + Number(fields[12])) * NANOSECONDS_PER_TICK, memory: Number(memory ?? 0) * 1024 };
}

/** Returns the bytes that passed through eth0, from the text of /proc/PID/net/dev. */
export function parseTraffic(text: string): { received: number; sent: number } {
  const [, fields = ''] = /^\s*eth0:\s*(.+)$/m.exec(text) ?? [];
  const counts = fields.split(/\s+/);
  return { received: Number(counts[0] ?? 0), sent: Number(counts[8] ?? 0) };
}
