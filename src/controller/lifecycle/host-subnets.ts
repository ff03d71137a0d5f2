import { networkInterfaces } from 'node:os';
import { contains, formatIPv4, parseSubnet, SHARED_RANGES, type Subnet } from '../../shared/subnet.ts';
import { readSystemFile } from './host-limits.ts';

/** A subnet that this machine sends to. */
export interface HostSubnet extends Subnet {
  /** Use that the machine makes of it: `a route by vpn0`. */
  use: string;
}

/**
 * Lists the subnets that this machine sends to: its own addresses, its routes and its DNS resolvers, which may be behind the
 * default route. A network's subnet must not hide any of them.
 */
export async function listHostSubnets(): Promise<HostSubnet[]> {
  const addresses = Object.entries(networkInterfaces()).flatMap(([device, found]) =>
    (found ?? []).flatMap(({ family, cidr }) => (family === 'IPv4' && cidr ? interfaceSubnet(device, cidr) : [])),
  );
  return [
    ...addresses,
    ...parseRouteTable((await readSystemFile('/proc/net/route')) ?? ''),
    ...parseResolvConf((await readSystemFile('/etc/resolv.conf')) ?? ''),
  ];
}

/** Shortest prefix of a point-to-point link, as tunnels are. */
const MIN_TUNNEL_PREFIX = 30;

/**
 * Returns the subnet that an interface's address stands for. A tunnel with an address in a shared range, such as Tailscale's
 * or Clash's, takes the whole range: its routes are in tables of their own.
 */
export function interfaceSubnet(device: string, cidr: string): HostSubnet[] {
  const subnet = parseSubnet(cidr);
  if (subnet === undefined) return [];
  const range =
    subnet.prefix >= MIN_TUNNEL_PREFIX ? SHARED_RANGES.find((shared) => contains(shared, subnet)) : undefined;
  return [{ ...(range ?? subnet), use: `the address of ${device}` }];
}

/**
 * Widest route that is not a part of a default route: no private range is wider. VPNs replace the default route by halves of
 * it, or by a set of parts, which the kernel prefers.
 */
const MIN_ROUTE_PREFIX = 8;

/** Parses the kernel's route table (proc(5), /proc/net/route: little-endian hexadecimal) without the default route. */
export function parseRouteTable(table: string): HostSubnet[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [device, destination, , , , , , mask] = line.split(/\s+/);
      if (!destination || !mask) return [];
      const prefix = parseLittleEndianHex(mask).toString(2).replaceAll('0', '').length;
      if (prefix < MIN_ROUTE_PREFIX) return [];
      const subnet = parseSubnet(`${formatIPv4(parseLittleEndianHex(destination))}/${prefix}`);
      return subnet ? { ...subnet, use: `a route by ${device}` } : [];
    });
}

/** Parses the IPv4 `nameserver` lines of a resolv.conf(5). */
export function parseResolvConf(text: string): HostSubnet[] {
  return [...text.matchAll(/^nameserver\s+(\S+)/gm)].flatMap((match) => {
    const subnet = parseSubnet(`${match[1]}/32`);
    return subnet ? { ...subnet, use: 'a DNS server' } : [];
  });
}

function parseLittleEndianHex(hexadecimal: string): number {
  return Buffer.from(hexadecimal, 'hex').reverse().readUInt32BE();
}
