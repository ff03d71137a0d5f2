import { networkInterfaces } from 'node:os';
import { formatIPv4, parseSubnet, type Subnet } from '../../shared/subnet.ts';
import { readSystemFile } from './host-limits.ts';

/**
 * Lists the subnets that this machine sends to: its own addresses, its routes and its DNS resolvers, which may be behind the
 * default route. A network's subnet must not hide any of them.
 */
export async function listHostSubnets(): Promise<Subnet[]> {
  const addresses = Object.values(networkInterfaces())
    .flatMap((interfaces) => interfaces ?? [])
    .flatMap(({ family, cidr }) => (family === 'IPv4' && cidr ? (parseSubnet(cidr) ?? []) : []));
  return [
    ...addresses,
    ...parseRouteTable((await readSystemFile('/proc/net/route')) ?? ''),
    ...parseResolvConf((await readSystemFile('/etc/resolv.conf')) ?? ''),
  ];
}

/** Parses the kernel's route table (proc(5), /proc/net/route: little-endian hexadecimal) without the default route. */
export function parseRouteTable(table: string): Subnet[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, destination, , , , , , mask] = line.split(/\s+/);
      if (!destination || !mask || /^0+$/.test(mask)) return [];
      const prefix = parseLittleEndianHex(mask).toString(2).replaceAll('0', '').length;
      return parseSubnet(`${formatIPv4(parseLittleEndianHex(destination))}/${prefix}`) ?? [];
    });
}

/** Parses the IPv4 `nameserver` lines of a resolv.conf(5). */
export function parseResolvConf(text: string): Subnet[] {
  return [...text.matchAll(/^nameserver\s+(\S+)/gm)].flatMap((match) => parseSubnet(`${match[1]}/32`) ?? []);
}

function parseLittleEndianHex(hexadecimal: string): number {
  return Buffer.from(hexadecimal, 'hex').reverse().readUInt32BE();
}
