import { readFile } from 'node:fs/promises';
import { DevnetError } from '../../shared/errors.ts';
import { maxOpenFiles, raiseLimitCommand, requiredOpenFiles } from '../../shared/files/open-files.ts';
import type { Link, Topology } from '../../topology/index.ts';

/** A check before a network comes up. */
export interface PreflightCheck {
  what: string;
  /** `warns`: `up` may work; `fails`: it would refuse or fail. */
  verdict: 'fine' | 'warns' | 'fails';
  /** Value found, and value needed. */
  found: string;
  /** Remedy, as a command where there is one. */
  fix?: string;
}

/** Limits of this machine's kernel. A limit is absent where the system does not have it, as outside Linux. */
export interface HostResources {
  /** Entries of the ARP table, which all network namespaces share. */
  arpEntries?: number;
  /** Packets that may queue for one processor. */
  backlog?: number;
  /** Bytes of memory that are available without swapping. */
  memory?: number;
  /** Files this process may have open. */
  files?: number;
}

/** Ports of one Linux bridge (BR_MAX_PORTS, 2^10, of which one is not given out). */
const MAX_BRIDGE_PORTS = 1_023;
/** Memory of an idle node with a few links, as measured, rounded up. */
export const NODE_MEMORY_BYTES = 16 * 1024 * 1024;

/**
 * Returns the entries that a network needs in the kernel's ARP table, which all network namespaces share: two for each node
 * and the bridge, and two for each pair of nodes with a link, in either direction.
 */
export function requiredArpEntries(nodes: number, links: readonly Link[]): number {
  const pairs = new Set(links.map(({ from, to }) => (from < to ? `${from} ${to}` : `${to} ${from}`)));
  return 2 * (nodes + pairs.size);
}

/** Returns the command that makes room in a kernel's ARP table. */
export function arpTableFix(needed: number): string {
  const entries = 2 ** Math.ceil(Math.log2(needed * 2));
  return `sudo sysctl -w net.ipv4.neigh.default.gc_thresh3=${entries} net.ipv4.neigh.default.gc_thresh2=${entries / 2}`;
}

/** Checks whether a machine with these resources can run a topology. */
export function checkHostResources({ nodes, links }: Topology, host: HostResources): PreflightCheck[] {
  const checks = [checkLimit('bridge ports', nodes.length, MAX_BRIDGE_PORTS, '', `${MAX_BRIDGE_PORTS} nodes or fewer`)];
  if (host.arpEntries !== undefined) {
    const needed = requiredArpEntries(nodes.length, links);
    checks.push(checkLimit('ARP table', needed, host.arpEntries, 'entries', arpTableFix(needed)));
  }
  if (host.backlog !== undefined) {
    // A broadcast is one packet for every port of the bridge at once.
    const check = checkLimit(
      'packet backlog',
      nodes.length,
      host.backlog,
      'packets',
      `sudo sysctl -w net.core.netdev_max_backlog=${2 ** Math.ceil(Math.log2(nodes.length * 4))}`,
    );
    checks.push(check.verdict === 'fails' ? { ...check, verdict: 'warns' } : check);
  }
  if (host.memory !== undefined) {
    const mebibytes = (bytes: number) => Math.round(bytes / 1024 / 1024);
    const check = checkLimit(
      'memory',
      mebibytes(nodes.length * NODE_MEMORY_BYTES),
      mebibytes(host.memory),
      'MiB',
      'fewer nodes, or a machine with more memory',
    );
    checks.push(check.verdict === 'fails' ? { ...check, verdict: 'warns' } : check);
  }
  if (host.files !== undefined) {
    const needed = requiredOpenFiles(nodes.length);
    checks.push(checkLimit('open files', needed, host.files, '', raiseLimitCommand(needed)));
  }
  return checks;
}

function checkLimit(what: string, needed: number, room: number, unit: string, fix: string): PreflightCheck {
  const found = `${needed} of ${room}${unit === '' ? '' : ` ${unit}`}`;
  return needed <= room ? { what, verdict: 'fine', found } : { what, verdict: 'fails', found, fix };
}

/**
 * Refuses a topology that this machine's kernel cannot run.
 * @throws DevnetError `host_limit`
 */
export async function assertHostCapacity(topology: Topology): Promise<void> {
  const short = checkHostResources(topology, await readHostResources()).find(({ verdict }) => verdict === 'fails');
  if (!short) return;
  throw new DevnetError(
    'host_limit',
    `"${topology.name}" needs more than this machine has: ${short.what}, ${short.found}`,
    {
      ...(short.fix === undefined ? {} : { hint: short.fix }),
    },
  );
}

export async function readHostResources(): Promise<HostResources> {
  const [arp, backlog, memory] = await Promise.all([
    readSystemFile('/proc/sys/net/ipv4/neigh/default/gc_thresh3'),
    readSystemFile('/proc/sys/net/core/netdev_max_backlog'),
    readSystemFile('/proc/meminfo'),
  ]);
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(memory ?? '')?.[1];
  const files = maxOpenFiles();
  return {
    ...(arp === undefined ? {} : { arpEntries: Number(arp) }),
    ...(backlog === undefined ? {} : { backlog: Number(backlog) }),
    ...(kilobytes === undefined ? {} : { memory: Number(kilobytes) * 1024 }),
    ...(files === undefined ? {} : { files }),
  };
}

/** Returns the text of a file of the Linux kernel or system; undefined where there is none. */
export async function readSystemFile(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    // Only Linux has these files; elsewhere the engine runs on another machine.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}
