import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { describePayload, invalidPayload, isJsonObject } from './payload.ts';

/** Address at which a node can be dialed. `host` is canonical: an IPv4 or IPv6 address without brackets, or a name in lower case. */
export interface Address {
  /** IPv6 in its shortest form. */
  host: string;
  /** 1–65535 */
  port: number;
}

/** Longest host name that DNS can carry; longer text is refused before any expression is matched with it. */
const MAX_HOST_LENGTH = 253;
const DNS_LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const IPV4_MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/**
 * Reads the payload of `add_peer` and `remove_peer`: `"host:port"`, `"[ipv6]:port"`, a bare port as a number or its
 * digits, `{host, port}` or `{port}`. A missing host is that of the `sender`, the address its connection came from.
 *
 * Numbers are decimal and unpadded: `010.0.0.1` is octal to some resolvers and decimal to others, so it is refused.
 *
 * @throws ProtocolError `invalid_payload`
 */
export function parseAddress(payload: unknown, sender?: string): Address {
  const { host, port } = readAddress(payload, sender);
  return { host: requireDialable(host), port };
}

/**
 * Reads the address that a node listens on, in any form of {@link parseAddress}. A node that is bound to all addresses of its
 * machine knows none of them: `0.0.0.0` and `::` stand for that of the `sender`.
 *
 * @throws ProtocolError `invalid_payload`
 */
export function parseListenAddress(payload: unknown, sender: string): Address {
  const { host, port } = readAddress(payload, sender);
  return { host: isUnspecified(host) ? parseHost(sender) : host, port };
}

/** Reads an address whose host may be unspecified. */
function readAddress(payload: unknown, sender: string | undefined): Address {
  if (typeof payload === 'number') return { host: requireSenderHost(sender), port: parsePort(payload) };
  if (typeof payload === 'string') return parseAddressText(payload, sender);
  if (!isJsonObject(payload))
    throw invalidPayload(`an address is "host:port", a port or {"host", "port"}, not ${describePayload(payload)}`);
  const { host, port } = payload;
  return { host: host === undefined ? requireSenderHost(sender) : canonicalHost(host), port: parsePort(port) };
}

/** Returns the canonical text of an address: `host:port`, with brackets around IPv6. Equal texts are equal addresses. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Returns the canonical form of a host: lower case, IPv6 in its shortest form, an IPv4-mapped IPv6 address as IPv4.
 *
 * @throws ProtocolError `invalid_payload` for anything but an IP address or a host name
 */
export function parseHost(value: unknown): string {
  return requireDialable(canonicalHost(value));
}

function canonicalHost(value: unknown): string {
  if (typeof value !== 'string') throw invalidPayload(`a host is a string, not ${describePayload(value)}`);
  if (value.length > MAX_HOST_LENGTH)
    throw invalidPayload(`a host has at most ${MAX_HOST_LENGTH} characters, not ${value.length}`);
  const host = value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value;
  if (host === value && isIPv4(host)) return host;
  // The address of an IPv4 sender at a socket that listens on IPv6 too. The first call of isIPv6 takes milliseconds.
  const mapped = IPV4_MAPPED.exec(host)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  if (host.includes(':') && isIPv6(host)) return canonicalIPv6(host);
  const labels = host === value ? host.toLowerCase().split('.') : [];
  // A name that ends in a number is a malformed IPv4 address: 1.2.3, 010.1.1.1, 0x7f.1.
  if (!labels.every((label) => DNS_LABEL.test(label)) || /^(\d+|0x[0-9a-f]*|)$/.test(labels.at(-1) ?? '')) {
    throw invalidPayload(`${describePayload(value)} is neither an IP address nor a host name`);
  }
  return labels.join('.');
}

function parseAddressText(text: string, sender: string | undefined): Address {
  if (/^\d{1,8}$/.test(text)) return { host: requireSenderHost(sender), port: parsePort(text) };
  const colon = text.lastIndexOf(':');
  if (colon === -1 || text.endsWith(']')) throw invalidPayload(`${describePayload(text)} has no port`);
  const host = text.slice(0, colon);
  if (host.includes(':') && !host.startsWith('[')) {
    throw invalidPayload(`an IPv6 address with a port is written "[address]:port", not ${describePayload(text)}`);
  }
  if (host.startsWith('[') && !host.includes(':'))
    throw invalidPayload(`${describePayload(host)} is not an IPv6 address`);
  return { host: canonicalHost(host), port: parsePort(text.slice(colon + 1)) };
}

function parsePort(value: unknown): number {
  const port = typeof value === 'string' && /^[1-9]\d{0,4}$/.test(value) ? Number(value) : value;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw invalidPayload(`a port is a whole number from 1 to 65535, not ${describePayload(value)}`);
  }
  return port;
}

function requireSenderHost(sender: string | undefined): string {
  if (sender === undefined) throw invalidPayload('a port without a host needs a sender address');
  return parseHost(sender);
}

function canonicalIPv6(text: string): string {
  // A zone (fe80::1%eth0) names an interface of this machine and is not part of the address.
  const [address, zone] = text.split('%') as [string, string?];
  const short = new SocketAddress({ address, family: 'ipv6' }).address;
  return IPV4_MAPPED.exec(short)?.[1] ?? (zone === undefined ? short : `${short}%${zone}`);
}

const isUnspecified = (host: string): boolean => host === '0.0.0.0' || host === '::';

function requireDialable(host: string): string {
  if (isUnspecified(host)) throw invalidPayload(`${host} stands for every local address and cannot be dialed`);
  return host;
}
