import { networkInterfaces } from 'node:os';
import { type Address, formatAddress, type Hello, ProtocolError, parseAddress, parseHost } from '../protocol/index.ts';

/** Longest name or version a hello may carry. */
const MAX_TEXT = 255;

/** Where a node listens. */
export interface Listening {
  /** The one address it is bound to; undefined means all of the machine's. */
  readonly bound: string | undefined;
  readonly port: number;
  readonly name: string;
}

/** Whether an address is the node's own, as far as can be told without dialing it. `local`: where it was told of it. */
export function isOwn(address: Address, { bound, port, name }: Listening, local: string): boolean {
  if (address.port !== port) return false;
  const { host } = address;
  if (host === bound || host === local || host === name) return true;
  if (bound !== undefined) return false;
  return host === 'localhost' || host.startsWith('127.') || interfaceAddresses().includes(host);
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address }) => parseHost(address)),
  );
}

/**
 * Whether a message from `sender` may remove a peer: from an admin address any, from elsewhere only itself, which is
 * told by the address it comes from (`at`: the peer's, where its host is a name).
 */
export function mayRemove(sender: string, peer: Address, at: string | undefined, admins: ReadonlySet<string>): boolean {
  return admins.has(sender) || sender === peer.host || sender === at;
}

/** Reads the payload of `hello`; `listen` becomes canonical. Throws ProtocolError `invalid_payload`. */
export function readHello(payload: unknown, sender: string): Hello {
  const { name, listen, version, id, link, ihave } = (
    typeof payload === 'object' && payload !== null ? payload : {}
  ) as {
    [key in keyof Hello]: unknown;
  };
  if (!isShort(name) || name === '') throw invalid(`hello has a "name" of 1 to ${MAX_TEXT} characters`);
  if (version !== undefined && !isShort(version))
    throw invalid(`the "version" of hello is text of at most ${MAX_TEXT} characters`);
  if (id !== undefined && !isShort(id)) throw invalid(`the "id" of hello is text of at most ${MAX_TEXT} characters`);
  return {
    name,
    ...(listen === undefined ? {} : { listen: formatAddress(parseAddress(listen, sender)) }),
    ...(version === undefined ? {} : { version }),
    ...(id === undefined ? {} : { id }),
    ...(typeof link === 'number' ? { link } : {}),
    ...(ihave === true ? { ihave } : {}),
  };
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}

function invalid(message: string): ProtocolError {
  return new ProtocolError('invalid_payload', message);
}
