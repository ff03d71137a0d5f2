import { networkInterfaces } from 'node:os';
import {
  type Address,
  formatAddress,
  type Hello,
  ProtocolError,
  parseAddress,
  parseHost,
} from '../../protocol/index.ts';

/** Longest name or version a hello may carry. */
const MAX_TEXT_LENGTH = 255;

/** Where a node listens. */
export interface ListenAddress {
  /** The one address it is bound to; undefined means all of the machine's. */
  readonly boundHost: string | undefined;
  readonly port: number;
  readonly name: string;
}

/** Whether an address is the node's own, as far as can be told without dialing it. `local`: where it was told of it. */
export function isOwnAddress(
  address: Address,
  { boundHost: bound, port, name }: ListenAddress,
  local: string,
): boolean {
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
export function mayRemovePeer(
  sender: string,
  peer: Address,
  at: string | undefined,
  admins: ReadonlySet<string>,
): boolean {
  return admins.has(sender) || sender === peer.host || sender === at;
}

/** Reads the payload of `hello`; `listen` becomes canonical. Throws ProtocolError `invalid_payload`. */
export function parseHello(payload: unknown, sender: string): Hello {
  const { name, listen, version, id, link, ihave } = (
    typeof payload === 'object' && payload !== null ? payload : {}
  ) as {
    [key in keyof Hello]: unknown;
  };
  if (!isShortText(name) || name === '')
    throw invalidPayload(`hello has a "name" of 1 to ${MAX_TEXT_LENGTH} characters`);
  if (version !== undefined && !isShortText(version))
    throw invalidPayload(`the "version" of hello is text of at most ${MAX_TEXT_LENGTH} characters`);
  if (id !== undefined && !isShortText(id))
    throw invalidPayload(`the "id" of hello is text of at most ${MAX_TEXT_LENGTH} characters`);
  return {
    name,
    ...(listen === undefined ? {} : { listen: formatAddress(parseAddress(listen, sender)) }),
    ...(version === undefined ? {} : { version }),
    ...(id === undefined ? {} : { id }),
    ...(typeof link === 'number' ? { link } : {}),
    ...(ihave === true ? { ihave } : {}),
  };
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT_LENGTH;
}

function invalidPayload(message: string): ProtocolError {
  return new ProtocolError('invalid_payload', message);
}
