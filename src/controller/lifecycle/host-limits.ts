import { readFile } from 'node:fs/promises';
import { DevnetError } from '../../shared/errors.ts';
import type { Link, Topology } from '../../topology/index.ts';

/** One thing that was looked at before bringing a topology up. */
export interface PreflightCheck {
  what: string;
  /** `warns`: it may work; `fails`: `up` would refuse or fail. */
  verdict: 'fine' | 'warns' | 'fails';
  /** What was found, and what is needed. */
  found: string;
  /** What to do about it. */
  fix?: string;
}

/** What the machine's kernel holds; absent where this is not the engine's machine, or the system does not tell. */
export interface HostResources {
  /** Entries of the ARP table, which all network namespaces share. */
  arpEntries?: number;
  /** Packets that may wait for one processor. */
  backlog?: number;
  /** Bytes of memory that could be used without swapping. */
  memory?: number;
  /** Files this process may have open. */
  files?: number;
}

/** Ports of one Linux bridge (BR_MAX_PORTS, 2^10, of which one is not given out). */
const MAX_BRIDGE_PORTS = 1_023;
/** Bytes an idle node with a few links was measured to use, rounded up. */
const NODE_MEMORY_BYTES = 16 * 1024 * 1024;
/** Files that devnet holds open per node, a connection and its log, and beside those. */
const OPEN_FILES_PER_NODE = 2;
const BASE_OPEN_FILES = 100;

/**
 * Entries a devnet needs in the ARP table of its machine's kernel: all network namespaces share one. Each node and the
 * bridge know each other, and so do the two ends of a link, whichever way it was dialed.
 */
export function requiredArpEntries(nodes: number, links: readonly Link[]): number {
  const pairs = new Set(links.map(({ from, to }) => (from < to ? `${from} ${to}` : `${to} ${from}`)));
  return 2 * (nodes + pairs.size);
}

/** Whether a machine can hold a topology: pure, from what {@link readHostResources} found. */
export function checkHostResources({ nodes, links }: Topology, facts: HostResources): PreflightCheck[] {
  const checks = [checkLimit('bridge ports', nodes.length, MAX_BRIDGE_PORTS, '', `${MAX_BRIDGE_PORTS} nodes or fewer`)];
  if (facts.arpEntries !== undefined) {
    const needed = requiredArpEntries(nodes.length, links);
    const wanted = 2 ** Math.ceil(Math.log2(needed * 2));
    const fix = `sudo sysctl -w net.ipv4.neigh.default.gc_thresh3=${wanted} net.ipv4.neigh.default.gc_thresh2=${wanted / 2}`;
    checks.push(checkLimit('ARP table', needed, facts.arpEntries, 'entries', fix));
  }
  if (facts.backlog !== undefined) {
    // A broadcast is one packet for every port of the bridge, all at once.
    const check = checkLimit(
      'packet backlog',
      nodes.length,
      facts.backlog,
      'packets',
      `sudo sysctl -w net.core.netdev_max_backlog=${2 ** Math.ceil(Math.log2(nodes.length * 4))}`,
    );
    checks.push(check.verdict === 'fails' ? { ...check, verdict: 'warns' } : check);
  }
  if (facts.memory !== undefined) {
    const mebibytes = (bytes: number) => Math.round(bytes / 1024 / 1024);
    const check = checkLimit(
      'memory',
      mebibytes(nodes.length * NODE_MEMORY_BYTES),
      mebibytes(facts.memory),
      'MiB',
      'fewer nodes, or a machine with more memory',
    );
    checks.push(check.verdict === 'fails' ? { ...check, verdict: 'warns' } : check);
  }
  if (facts.files !== undefined) {
    const needed = nodes.length * OPEN_FILES_PER_NODE + BASE_OPEN_FILES;
    checks.push(checkLimit('open files', needed, facts.files, '', `ulimit -n ${2 ** Math.ceil(Math.log2(needed))}`));
  }
  return checks;
}

function checkLimit(what: string, needed: number, room: number, unit: string, fix: string): PreflightCheck {
  const found = `${needed} of ${room}${unit === '' ? '' : ` ${unit}`}`;
  return needed <= room ? { what, verdict: 'fine', found } : { what, verdict: 'fails', found, fix };
}

/**
 * Refuses what this machine's kernel cannot hold, before anything is made.
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
  const [arp, backlog, memory, limits] = await Promise.all([
    readProcFile('/proc/sys/net/ipv4/neigh/default/gc_thresh3'),
    readProcFile('/proc/sys/net/core/netdev_max_backlog'),
    readProcFile('/proc/meminfo'),
    readProcFile('/proc/self/limits'),
  ]);
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(memory ?? '')?.[1];
  const files = /^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1];
  return {
    ...(arp === undefined ? {} : { arpEntries: Number(arp) }),
    ...(backlog === undefined ? {} : { backlog: Number(backlog) }),
    ...(kilobytes === undefined ? {} : { memory: Number(kilobytes) * 1024 }),
    ...(files === undefined ? {} : { files: Number(files) }),
  };
}

async function readProcFile(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    // Only Linux has these; elsewhere the engine's machine is another one.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}
