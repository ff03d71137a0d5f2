/** The addresses of a devnet within its subnet, and the choice of a subnet. Pure. */
import {
  contains,
  formatIPv4,
  overlaps,
  parseSubnet,
  RESERVED_ADDRESSES,
  type Subnet,
  subnetSize,
} from '../../shared/subnet.ts';

/** The bridge's own address: the first after the subnet's own. */
export function gatewayAddress({ base }: Subnet): string {
  return formatIPv4(base + 1);
}

/** Address of the node at `index`, counted from 0: the first node follows the gateway. */
export function nodeAddress({ base }: Subnet, index: number): string {
  return formatIPv4(base + 2 + index);
}

/** The hardware address that goes with an address: no two of a network are the same, and it stays when a node restarts. */
export function macAddressOf(address: string): string {
  const bytes = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return `02:42:${bytes.join(':')}`; // The first byte says: chosen locally, of one interface.
}

/** The last address a host can have: the tunnel's, where there is one. */
export function tunnelAddress({ base, prefix }: Subnet): string {
  return formatIPv4(base + subnetSize(prefix) - 2);
}

/** Longest prefix whose subnet holds that many nodes beside the reserved addresses. */
export function longestPrefixFor(nodes: number): number {
  let prefix = 24; // Smaller than this is hard to read and saves nothing.
  while (subnetSize(prefix) < nodes + RESERVED_ADDRESSES) prefix--;
  return prefix;
}

/** Private ranges (RFC 1918) to choose from, those first that home routers, clouds and Docker itself use least. */
const PRIVATE_POOLS = ['10.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'].map((pool) => parseSubnet(pool) as Subnet);

/**
 * The first subnets, in order, that hold `nodes` nodes and touch none of `taken`. It is a generator because a subnet can be
 * lost to someone else between choosing and making it: then the next one is tried.
 */
export function* freeSubnets(nodes: number, taken: readonly Subnet[]): Generator<Subnet> {
  const prefix = longestPrefixFor(nodes);
  for (const pool of PRIVATE_POOLS) {
    for (let base = pool.base; contains(pool, { base, prefix }); base += subnetSize(prefix)) {
      const candidate = { base, prefix };
      const obstacle = taken.find((other) => overlaps(candidate, other));
      if (!obstacle) yield candidate;
      // A large neighbour is stepped over at once: a route for all of 10.0.0.0/8 holds 16 million addresses.
      else base = Math.max(base, obstacle.base + subnetSize(obstacle.prefix) - subnetSize(prefix));
    }
  }
}
