/**
 * IPv4 addresses and subnets as numbers, so that they can be counted. `node:net` checks the form; ipaddr.js and ip-address
 * would add nothing here, since neither counts through a subnet.
 */
import { isIPv4 } from 'node:net';

/** An IPv4 subnet. */
export interface Subnet {
  /** First address, as an unsigned 32-bit number. */
  base: number;
  /** Prefix length, 0–32. */
  prefix: number;
}

/** Parses `10.0.0.1`; undefined unless it is four decimal numbers without leading zeros. */
export function parseIPv4(text: string): number | undefined {
  return isIPv4(text) ? text.split('.').reduce((address, octet) => address * 256 + Number(octet), 0) : undefined;
}

export function formatIPv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** Returns the subnet that holds the address of a CIDR text such as `10.0.0.0/24`; undefined when it is not one. */
export function parseSubnet(text: string): Subnet | undefined {
  const [, address = '', length] = /^([\d.]+)\/(\d|[12]\d|3[0-2])$/.exec(text) ?? [];
  const host = parseIPv4(address);
  if (host === undefined) return undefined;
  const prefix = Number(length);
  return { base: host - (host % subnetSize(prefix)), prefix };
}

export function formatSubnet({ base, prefix }: Subnet): string {
  return `${formatIPv4(base)}/${prefix}`;
}

/** Returns the number of addresses in a subnet with a prefix of this length. */
export function subnetSize(prefix: number): number {
  return 2 ** (32 - prefix);
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  return a.base < b.base + subnetSize(b.prefix) && b.base < a.base + subnetSize(a.prefix);
}

export function contains(outer: Subnet, inner: Subnet): boolean {
  return inner.prefix >= outer.prefix && overlaps(outer, inner);
}

/** Addresses of a subnet that no node gets: the network, the broadcast, the gateway, and one for devnet's own use. */
export const RESERVED_ADDRESSES = 4;

/** Ranges that no public host lives in, besides the private ones of RFC 1918: RFC 6598 (shared) and RFC 2544 (benchmarks). */
export const SHARED_RANGES: readonly Subnet[] = ['100.64.0.0/10', '198.18.0.0/15'].map(
  (text) => parseSubnet(text) as Subnet,
);
