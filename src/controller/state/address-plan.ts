/** Choice of a network's subnet, and the addresses in it. */
import {
  contains,
  formatIPv4,
  overlaps,
  parseSubnet,
  RESERVED_ADDRESSES,
  SHARED_RANGES,
  type Subnet,
  subnetSize,
} from '../../shared/subnet.ts';
import type { Topology } from '../../topology/model/topology.ts';

/** Returns the bridge's address: the first one of the subnet. */
export function gatewayAddress({ base }: Subnet): string {
  return formatIPv4(base + 1);
}

/** Returns the address of the node at `index`, counted from 0: the first node follows the gateway. */
export function nodeAddress({ base }: Subnet, index: number): string {
  return formatIPv4(base + 2 + index);
}

/** Returns the address of each declared node: existing nodes keep theirs, new ones get free ones. */
export function assignAddresses(
  topology: Topology,
  subnet: string,
  networkState?: { nodes: readonly { name: string; address: string }[] },
): Map<string, string> {
  const range = parseSubnet(subnet) as Subnet;
  const kept = new Map(networkState?.nodes.map(({ name, address }) => [name, address]));
  const addresses = new Map<string, string>();
  const taken = new Set(kept.values());
  let next = 0;
  for (const { name } of topology.nodes) {
    let address = kept.get(name);
    for (; address === undefined; next++) {
      const candidate = nodeAddress(range, next);
      if (!taken.has(candidate)) address = candidate;
    }
    taken.add(address);
    addresses.set(name, address);
  }
  return addresses;
}

/** Returns the MAC address for an address: unique in a network, and the same after a restart. */
export function macAddressOf(address: string): string {
  const bytes = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return `02:42:${bytes.join(':')}`; // 02: locally administered, unicast.
}

/** Returns the tunnel agent's address: the last one that a host can have. */
export function tunnelAddress({ base, prefix }: Subnet): string {
  return formatIPv4(base + subnetSize(prefix) - 2);
}

/** Returns the longest prefix whose subnet has room for that many nodes and the reserved addresses. */
export function longestPrefixFor(nodes: number): number {
  let prefix = 24; // A longer one is hard to read and saves nothing.
  while (subnetSize(prefix) < nodes + RESERVED_ADDRESSES) prefix--;
  return prefix;
}

/**
 * Returns the part of a swarm's network that the swarm takes addresses from by itself, one for each host: the last eighth. It
 * starts at the low end, and the tunnel agent's address is at the high end.
 */
export function swarmRange({ base, prefix }: Subnet): Subnet {
  const size = subnetSize(prefix) / SWARM_SHARE;
  return { base: base + subnetSize(prefix) - size, prefix: prefix + Math.log2(SWARM_SHARE) };
}

/** Share of a network's addresses that a swarm takes: one of so many. */
const SWARM_SHARE = 8;

/** Returns the number of nodes that a swarm's network on this subnet has room for; 0 where it has none for the swarm's hosts. */
export function swarmNodeCapacity(subnet: Subnet): number {
  return subnet.prefix > MAX_SWARM_PREFIX ? 0 : swarmRange(subnet).base - subnet.base - 2;
}

/** A swarm's eighth of a longer one has no room for its hosts and the tunnel. */
const MAX_SWARM_PREFIX = 26;

/** Returns the longest prefix whose subnet has room for that many nodes in a swarm. */
export function swarmPrefixFor(nodes: number): number {
  return longestPrefixFor(addressesInSwarm(nodes));
}

/** Returns the number of nodes that a subnet must have room for so that a swarm's own addresses fit beside them. */
export function addressesInSwarm(nodes: number): number {
  return Math.ceil(((nodes + RESERVED_ADDRESSES) * SWARM_SHARE) / (SWARM_SHARE - 1)) - RESERVED_ADDRESSES;
}

/**
 * Private ranges (RFC 1918), those first that home routers, clouds and Docker use least; then the shared ones, for machines
 * that send all private addresses to a VPN.
 */
export const PRIVATE_POOLS = [
  ...['10.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'].map((pool) => parseSubnet(pool) as Subnet),
  ...SHARED_RANGES,
];

/**
 * Yields subnets with room for `nodes` nodes that overlap none of `taken`. The caller takes the next one when another process
 * takes a subnet before it is created.
 */
export function* freeSubnets(nodes: number, taken: readonly Subnet[]): Generator<Subnet> {
  const prefix = longestPrefixFor(nodes);
  for (const pool of PRIVATE_POOLS) {
    for (let base = pool.base; contains(pool, { base, prefix }); base += subnetSize(prefix)) {
      const candidate = { base, prefix };
      const obstacle = taken.find((other) => overlaps(candidate, other));
      if (!obstacle) yield candidate;
      // Steps over the whole obstacle: a route for 10.0.0.0/8 has 16 million addresses.
      else base = Math.max(base, obstacle.base + subnetSize(obstacle.prefix) - subnetSize(prefix));
    }
  }
}
