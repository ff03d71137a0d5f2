import { readFileSync } from 'node:fs';
import { cpus, freemem } from 'node:os';

/** Resources of a host that nothing uses. */
export interface HostRoom {
  /** Bytes of memory that are available without swapping. */
  memoryBytes: number;
  /** Cores, busy or not: what a network needs of them is not known before it runs. */
  cores: number;
}

/** Reads the room on the host that this process runs on, also from a container without limits of its own. */
export function readHostRoom(): HostRoom {
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  return { memoryBytes: kilobytes === undefined ? freemem() : Number(kilobytes) * 1_024, cores: cpus().length };
}
