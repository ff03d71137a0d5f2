import { readFileSync } from 'node:fs';
import { DevnetError } from '../../shared/errors.ts';
import { maxOpenFiles, raiseLimitCommand } from '../../shared/files/open-files.ts';
import type { Topology } from '../../topology/model/topology.ts';
import { MAX_NEIGHBOURS, peersByNode } from './supervisor/network-plan.ts';

/** Limits of this machine that bound the number of nodes. One that the system does not tell is absent. */
export interface MachineLimits {
  /** `kernel.pid_max`: every thread has a number. */
  pids?: number | undefined;
  /** `kernel.threads-max`. */
  threads?: number | undefined;
  /** Processes and threads of an ordinary user (`ulimit -u`). */
  userProcesses?: number | undefined;
  /** Bytes of memory that are available without swapping. */
  memory?: number | undefined;
  /** Files that the supervisor may have open. */
  files?: number | undefined;
  /** `net.ipv4.neigh.default.gc_thresh3`: entries of the neighbour table, which all network namespaces share. */
  neighbours?: number | undefined;
}

/** Something that a network needs more of than there is. */
export interface Shortage {
  what: string;
  needed: number;
  available: number;
  fix: string;
}

/** Threads of a bundled node, and the process above it. */
const THREADS_PER_NODE = 12;
/** Memory of an idle node that it shares with no other, as measured, rounded up. */
const NODE_MEMORY_BYTES = 14 * 1024 * 1024;
/** Open files of the supervisor: two pipes of each node, its connection to it, and one more while that is replaced. */
const FILES_PER_NODE = 4;
const BASE_FILES = 64;

/** Returns the first thing that a machine has too little of for a topology. */
export function findShortage({ nodes, links }: Topology, limits: MachineLimits): Shortage | undefined {
  const count = nodes.length;
  const threads = count * THREADS_PER_NODE;
  const memory = Math.ceil((count * NODE_MEMORY_BYTES) / 1024 ** 2);
  const files = BASE_FILES + count * FILES_PER_NODE;
  // Permanent entries, for the first peers of each node, do not count.
  const peers = [...peersByNode(links).values()];
  const neighbours = peers.reduce((sum, { size }) => sum + Math.max(0, size - MAX_NEIGHBOURS), 0);
  const wanted: [what: string, needed: number, available: number | undefined, fix: string][] = [
    ['threads (kernel.threads-max)', threads, limits.threads, `sudo sysctl kernel.threads-max=${2 * threads}`],
    [
      'process ids (kernel.pid_max)',
      threads,
      limits.pids,
      `sudo sysctl kernel.pid_max=${2 ** Math.ceil(Math.log2(2 * threads))}`,
    ],
    ['processes of this user (ulimit -u)', threads, limits.userProcesses, `ulimit -u ${2 * threads}`],
    [
      'MiB of memory',
      memory,
      limits.memory && Math.floor(limits.memory / 1024 ** 2),
      'fewer nodes, or a machine with more memory',
    ],
    ['open files (ulimit -n)', files, limits.files, raiseLimitCommand(files)],
    [
      'entries of the neighbour table (net.ipv4.neigh.default.gc_thresh3)',
      neighbours,
      limits.neighbours,
      `sudo sysctl net.ipv4.neigh.default.gc_thresh3=${2 * neighbours} net.ipv4.neigh.default.gc_thresh2=${neighbours}`,
    ],
  ];
  for (const [what, needed, available, fix] of wanted) {
    if (available !== undefined && needed > available) return { what, needed, available, fix };
  }
  return undefined;
}

/** Refuses a topology that this machine cannot run. @throws DevnetError `host_limit` */
export function assertMachineLimits(topology: Topology, limits = readMachineLimits()): void {
  const shortage = findShortage(topology, limits);
  if (!shortage) return;
  const { what, needed, available, fix } = shortage;
  throw new DevnetError('host_limit', `"${topology.name}" needs ${needed} ${what}, and this machine has ${available}`, {
    hint: fix,
  });
}

function readMachineLimits(): MachineLimits {
  const isRoot = process.getuid?.() === 0;
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(readText('/proc/meminfo'))?.[1];
  const processes = /^Max processes\s+(\d+)/m.exec(readText('/proc/self/limits'))?.[1];
  return {
    pids: readNumber('/proc/sys/kernel/pid_max'),
    threads: readNumber('/proc/sys/kernel/threads-max'),
    userProcesses: isRoot || processes === undefined ? undefined : Number(processes),
    memory: kilobytes === undefined ? undefined : Number(kilobytes) * 1024,
    files: maxOpenFiles(),
    neighbours: readNumber('/proc/sys/net/ipv4/neigh/default/gc_thresh3'),
  };
}

function readNumber(path: string): number | undefined {
  const text = readText(path);
  return text === '' ? undefined : Number(text);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
