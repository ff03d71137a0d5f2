import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { ProtocolError } from './message.ts';

/** Where a node can be dialed. `host` is canonical: an IPv4 or IPv6 address without brackets, or a name in lower case. */
export interface Address {
  host: string;
  /** 1–65535 */
  port: number;
}

/** Longest host name DNS can carry; longer text is refused before anything looks at it. */
const MAX_HOST_LENGTH = 253;
const DNS_LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const IPV4_MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/**
 * Reads the payload of `add_peer` and `remove_peer`: `"host:port"`, `"[ipv6]:port"`, a bare port as a number or its
 * digits, `{host, port}` or `{port}`. Without a host it is the `sender`'s, the address its connection came from.
 *
 * Throws ProtocolError `invalid_payload` saying what is wrong. Numbers are decimal and unpadded: `010.0.0.1` is octal
 * to some resolvers and decimal to others, so it means nothing here.
 */
export function parseAddress(payload: unknown, sender?: string): Address {
  if (typeof payload === 'number') return { host: requireSenderHost(sender), port: parsePort(payload) };
  if (typeof payload === 'string') return parseAddressText(payload, sender);
  if (typeof payload === 'object' && payload !== null && !Array.isArray(payload)) {
    const { host, port } = payload as { host?: unknown; port?: unknown };
    return { host: host === undefined ? requireSenderHost(sender) : parseHost(host), port: parsePort(port) };
  }
  throw invalidPayload(`an address is "host:port", a port or {"host", "port"}, not ${describeValue(payload)}`);
}

/** The canonical text of an address: `host:port`, with brackets around IPv6. Two addresses are one if these are equal. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The canonical form of a host: lower case, IPv6 in its shortest form, an IPv4 address that came mapped into IPv6 as
 * the IPv4 address it is. Throws ProtocolError `invalid_payload` for what is neither an address nor a name.
 */
export function parseHost(value: unknown): string {
  if (typeof value !== 'string') throw invalidPayload(`a host is a string, not ${describeValue(value)}`);
  if (value.length > MAX_HOST_LENGTH)
    throw invalidPayload(`a host has at most ${MAX_HOST_LENGTH} characters, not ${value.length}`);
  const host = value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value;
  if (isIPv6(host)) return canonicalIPv6(host);
  if (host === value && isIPv4(host)) return requireDialable(host);
  const labels = host === value ? host.toLowerCase().split('.') : [];
  const last = labels.at(-1) ?? '';
  // A name that ends in a number is an IPv4 address gone wrong: 1.2.3, 010.1.1.1, 0x7f.1.
  if (!labels.every((label) => DNS_LABEL.test(label)) || /^(\d+|0x[0-9a-f]*|)$/.test(last)) {
    throw invalidPayload(`${describeValue(value)} is neither an IP address nor a host name`);
  }
  return labels.join('.');
}

function parseAddressText(text: string, sender: string | undefined): Address {
  if (/^\d{1,8}$/.test(text)) return { host: requireSenderHost(sender), port: parsePort(text) };
  const colon = text.lastIndexOf(':');
  if (colon === -1 || text.endsWith(']')) throw invalidPayload(`${describeValue(text)} has no port`);
  const host = text.slice(0, colon);
  if (host.includes(':') && !host.startsWith('[')) {
    throw invalidPayload(`an IPv6 address with a port is written "[address]:port", not ${describeValue(text)}`);
  }
  if (host.startsWith('[') && !host.includes(':')) throw invalidPayload(`${describeValue(host)} is no IPv6 address`);
  return { host: parseHost(host), port: parsePort(text.slice(colon + 1)) };
}

function parsePort(value: unknown): number {
  const port = typeof value === 'string' && /^[1-9]\d{0,4}$/.test(value) ? Number(value) : value;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw invalidPayload(`a port is a whole number from 1 to 65535, not ${describeValue(value)}`);
  }
  return port;
}

function requireSenderHost(sender: string | undefined): string {
  if (sender === undefined) throw invalidPayload('a port alone needs a sender to belong to');
  return parseHost(sender);
}

function canonicalIPv6(text: string): string {
  const percent = text.indexOf('%');
  // A zone (fe80::1%eth0) names an interface of this machine; it is no part of the address proper.
  const zone = percent === -1 ? '' : text.slice(percent);
  const address = percent === -1 ? text : text.slice(0, percent);
  const short = new SocketAddress({ address, family: 'ipv6' }).address;
  return requireDialable(IPV4_MAPPED.exec(short)?.[1] ?? short + zone);
}

function requireDialable(host: string): string {
  if (host === '0.0.0.0' || host === '::')
    throw invalidPayload(`${host} means every address, so nothing can be dialed there`);
  return host;
}

function invalidPayload(message: string): ProtocolError {
  return new ProtocolError('invalid_payload', message);
}

/** A value as an error message shows it: as JSON, and never long. */
function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  const text = JSON.stringify(typeof value === 'string' ? value.slice(0, 80) : value);
  return typeof value === 'string' && value.length > 80 ? `${text.slice(0, -1)}..."` : text;
}
