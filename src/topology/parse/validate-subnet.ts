import {
  contains,
  formatSubnet,
  parseSubnet,
  RESERVED_ADDRESSES,
  SHARED_RANGES,
  type Subnet,
  subnetSize,
} from '../../shared/subnet.ts';

/** Ranges that no public host lives in. */
const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', ...SHARED_RANGES.map(formatSubnet)];

/** Returns what is wrong with a subnet in CIDR form for that many nodes (if known); undefined when nothing is. */
export function validateSubnet(text: string, nodes?: number): { message: string; hint?: string } | undefined {
  const subnet = parseSubnet(text);
  if (subnet === undefined) {
    return { message: `expected an IPv4 subnet such as 10.77.0.0/24, got ${JSON.stringify(text)}` };
  }
  if (formatSubnet(subnet) !== text) {
    return {
      message: `expected the first address of a subnet, got ${text}`,
      hint: `did you mean ${formatSubnet(subnet)}?`,
    };
  }
  if (!PRIVATE_RANGES.some((range) => contains(parseSubnet(range) as Subnet, subnet))) {
    return {
      message: `expected a private subnet, got ${text}, which would hide real hosts`,
      hint: `private are ${PRIVATE_RANGES.join(', ')}`,
    };
  }
  const size = subnetSize(subnet.prefix);
  const room = Math.max(0, size - RESERVED_ADDRESSES);
  if (room >= (nodes ?? 1)) return undefined;
  let { prefix } = subnet;
  while (subnetSize(prefix) - RESERVED_ADDRESSES < (nodes ?? 1)) prefix--;
  return {
    message: `${text} has room for ${room} nodes (${size} addresses less ${RESERVED_ADDRESSES}), got ${nodes ?? 'at least 1'}`,
    hint: `use ${formatSubnet({ base: subnet.base - (subnet.base % subnetSize(prefix)), prefix })} or wider`,
  };
}
