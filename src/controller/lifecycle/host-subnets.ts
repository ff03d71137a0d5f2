import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { formatIPv4, parseSubnet, type Subnet } from '../../shared/subnet.ts';

/**
 * What this machine already sends somewhere: its routes, its own addresses and its DNS resolvers (which may stand behind the
 * default route). A devnet's subnet must not shadow any of them.
 */
export async function listHostSubnets(): Promise<Subnet[]> {
  const addresses = Object.values(networkInterfaces())
    .flatMap((interfaces) => interfaces ?? [])
    .flatMap(({ family, cidr }) => (family === 'IPv4' && cidr ? (parseSubnet(cidr) ?? []) : []));
  return [
    ...addresses,
    ...parseRouteTable(await readOptionalFile('/proc/net/route')),
    ...parseResolvConf(await readOptionalFile('/etc/resolv.conf')),
  ];
}

/** Destinations in the kernel's table (proc(5), /proc/net/route: little-endian hexadecimal), but for the default route. */
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

/** The IPv4 `nameserver` lines of a resolv.conf(5). */
export function parseResolvConf(text: string): Subnet[] {
  return [...text.matchAll(/^nameserver\s+(\S+)/gm)].flatMap((match) => parseSubnet(`${match[1]}/32`) ?? []);
}

function parseLittleEndianHex(hexadecimal: string): number {
  return Buffer.from(hexadecimal, 'hex').reverse().readUInt32BE();
}

// Only Linux has these; elsewhere the engine's machine is another one, and its engine refuses what does not fit.
async function readOptionalFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw cause;
  }
}
