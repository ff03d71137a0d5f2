import { readFileSync } from 'node:fs';
import type { Engine } from '../../engine/connection/engine.ts';
import type { ContainerStarter } from '../../engine/endpoint-count-workaround.ts';
import type { EngineNetwork } from '../../engine/networks.ts';
import { contains, parseIPv4, parseSubnet } from '../../shared/subnet.ts';
import { ensureTunnelContainer, tunnelAddressOn } from './tunnel-container.ts';

/** The network that nodes are on, and its name and run, by which its tunnel container is found. */
export interface NetworkLocation {
  name: string;
  run: string;
  network: EngineNetwork;
}

/**
 * The way from this process to the nodes of a network: over their bridge, which this machine is on, or through the tunnel
 * container. `address` is the one that nodes see.
 */
export type NodeRoute = { via: 'bridge'; address: string } | { via: 'tunnel'; address: string; containerId: string };

/**
 * Finds the way to a network's nodes. Where this machine is not on their bridge, as with Docker Desktop or an engine
 * elsewhere, the tunnel container is started unless it runs.
 * @throws DevnetError `engine_failed` when the tunnel cannot be started
 */
export async function findNodeRoute(
  engine: Engine,
  location: NetworkLocation,
  start?: ContainerStarter,
): Promise<NodeRoute> {
  const { network } = location;
  if (isOnBridge(network)) return { via: 'bridge', address: network.gateway };
  return findTunnelRoute(engine, location, start);
}

/** Finds the way through the tunnel container, which is started unless it runs. @throws DevnetError `engine_failed` */
export async function findTunnelRoute(
  engine: Engine,
  location: NetworkLocation,
  start?: ContainerStarter,
): Promise<Extract<NodeRoute, { via: 'tunnel' }>> {
  const containerId = await ensureTunnelContainer(engine, location, start);
  return { via: 'tunnel', address: tunnelAddressOn(location.network), containerId };
}

/**
 * Returns whether this machine sends what is for the network's nodes to the network's own bridge. That it owns the bridge's
 * address says nothing: another engine may have given the same addresses to another network, whose nodes would answer.
 */
export function isOnBridge({ bridge, gateway }: EngineNetwork): boolean {
  if (!isUniqueBridgeName(bridge)) return false;
  return interfaceTowards(readRoutes(), gateway) === bridge;
}

/**
 * Returns whether only one network of all engines can have this bridge: it is named after the network's random id, or after a
 * random number of our own. `podman1` is the name of the first bridge of every Podman.
 */
export function isUniqueBridgeName(bridge: string): boolean {
  return /^br-[0-9a-f]{12}$/.test(bridge);
}

/**
 * Returns the interface that packets to an address leave by, as the kernel's main route table has it (proc(5),
 * /proc/net/route: little-endian hexadecimal); undefined when there is no route.
 */
export function interfaceTowards(routeTable: string, address: string): string | undefined {
  const target = { base: parseIPv4(address) as number, prefix: 32 };
  let best: { name: string; prefix: number; metric: number } | undefined;
  for (const line of routeTable.split('\n').slice(1)) {
    const [name = '', destination, , , , , metricText, mask] = line.trim().split(/\s+/);
    const subnet = destination && mask ? parseRoute(destination, mask) : undefined;
    if (!subnet || !contains(subnet, target)) continue;
    const { prefix } = subnet;
    const metric = Number(metricText);
    const isBetter = !best || prefix > best.prefix || (prefix === best.prefix && metric < best.metric);
    if (isBetter) best = { name, prefix, metric };
  }
  return best?.name;
}

function parseRoute(destination: string, mask: string) {
  const bytes = (text: string) => [...Buffer.from(text, 'hex')].reverse();
  const ones = bytes(mask).reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  return parseSubnet(`${bytes(destination).join('.')}/${ones}`);
}

/**
 * Only Linux has this file; elsewhere the engine runs on another machine. It is read before every dial: at once, that takes a fifth
 * of the processor time.
 */
function readRoutes(): string {
  try {
    return readFileSync('/proc/net/route', 'utf8');
  } catch {
    return '';
  }
}
