import { readFile } from 'node:fs/promises';
import { DevnetError } from '../errors.ts';
import type { Link, Topology } from '../topology/index.ts';

/** Ports of one Linux bridge (BR_MAX_PORTS, 2^10, of which one is not given out). */
const BRIDGE_PORTS = 1_023;
const ARP_TABLE = '/proc/sys/net/ipv4/neigh/default/gc_thresh3';

/**
 * Entries a devnet needs in the ARP table of its machine's kernel: all network namespaces share one. Each node and the
 * bridge know each other, and so do the two ends of a link, whichever way it was dialed.
 */
export function arpEntries(nodes: number, links: readonly Link[]): number {
  const pairs = new Set(links.map(({ from, to }) => (from < to ? `${from} ${to}` : `${to} ${from}`)));
  return 2 * (nodes + pairs.size);
}

/**
 * Refuses what this machine's kernel cannot hold, before anything is made.
 * @throws DevnetError `host_limit`
 */
export async function checkHost({ name, nodes, links }: Topology): Promise<void> {
  if (nodes.length > BRIDGE_PORTS) {
    throw new DevnetError(
      'host_limit',
      `"${name}" has ${nodes.length} nodes, and a Linux bridge holds ${BRIDGE_PORTS}`,
      {
        hint: `${BRIDGE_PORTS} nodes or fewer`,
      },
    );
  }
  const room = await readNumber(ARP_TABLE);
  const needed = arpEntries(nodes.length, links);
  if (room === undefined || needed <= room) return;
  const wanted = 2 ** Math.ceil(Math.log2(needed * 2));
  throw new DevnetError(
    'host_limit',
    `"${name}" needs about ${needed} entries in the kernel's ARP table, which holds ${room}: beyond that, packets are lost`,
    {
      hint: `sudo sysctl -w net.ipv4.neigh.default.gc_thresh3=${wanted} net.ipv4.neigh.default.gc_thresh2=${wanted / 2}`,
    },
  );
}

async function readNumber(file: string): Promise<number | undefined> {
  try {
    return Number(await readFile(file, 'utf8'));
  } catch (cause) {
    // Only Linux has it; elsewhere the engine's machine is another one.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}
