/** Addresses of a subnet that no node gets: the network, the broadcast, the gateway, and one for devnet's own use. */
export const RESERVED_ADDRESSES = 4;

/** Ranges that no public host lives in: RFC 1918, RFC 6598 (shared) and RFC 2544 (benchmarks). */
const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15'];

interface Ipv4Range {
  /** First address as a 32-bit number. */
  base: number;
  /** Bits of the network part. */
  prefix: number;
}

/** Says what is wrong with a subnet in CIDR form, for so many nodes (if known); undefined when nothing is. */
export function validateSubnet(text: string, nodes?: number): { message: string; hint?: string } | undefined {
  const subnet = parseIpv4Range(text);
  if (subnet === undefined) {
    return { message: `expected an IPv4 subnet such as 10.77.0.0/24, got ${JSON.stringify(text)}` };
  }
  const { base, prefix } = subnet;
  const aligned = base - (base % addressCount(prefix));
  if (aligned !== base) {
    return {
      message: `expected the first address of a subnet, got ${text}`,
      hint: `did you mean ${formatIpv4Range(aligned, prefix)}?`,
    };
  }
  if (!PRIVATE_RANGES.some((range) => contains(parseIpv4Range(range)!, subnet))) {
    return {
      message: `expected a private subnet, got ${text}, which would hide real hosts`,
      hint: `private are ${PRIVATE_RANGES.join(', ')}`,
    };
  }
  const room = Math.max(0, addressCount(prefix) - RESERVED_ADDRESSES);
  if (nodes === undefined ? room > 0 : room >= nodes) return undefined;
  let wider = prefix;
  while (addressCount(wider) - RESERVED_ADDRESSES < (nodes ?? 1)) wider--;
  return {
    message: `${text} has room for ${room} nodes (${addressCount(prefix)} addresses less ${RESERVED_ADDRESSES}), got ${nodes ?? 'at least 1'}`,
    hint: `use ${formatIpv4Range(base - (base % addressCount(wider)), wider)} or wider`,
  };
}

function parseIpv4Range(text: string): Ipv4Range | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1);
  if (parts.some((part) => part.length > 1 && part.startsWith('0'))) return undefined;
  const [a, b, c, d, prefix] = parts.map(Number) as [number, number, number, number, number];
  if ([a, b, c, d].some((octet) => octet > 255) || prefix > 32) return undefined;
  return { base: ((a * 256 + b) * 256 + c) * 256 + d, prefix };
}

function formatIpv4Range(base: number, prefix: number): string {
  return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join('.')}/${prefix}`;
}

/** Addresses in a subnet. */
function addressCount(prefix: number): number {
  return 2 ** (32 - prefix);
}

function contains(outer: Ipv4Range, inner: Ipv4Range): boolean {
  return inner.base >= outer.base && inner.base + addressCount(inner.prefix) <= outer.base + addressCount(outer.prefix);
}
