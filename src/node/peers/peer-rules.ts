import { networkInterfaces } from 'node:os';
import { type Address, parseHost } from '../../protocol/index.ts';

/** Address that a node listens on. */
export interface ListenAddress {
  /** Address it is bound to; undefined for all of the machine's. */
  readonly boundHost: string | undefined;
  readonly port: number;
  /** Name of the node, which resolves to it on an engine's network. */
  readonly name: string;
}

/** Returns whether an address is the node's own, as far as it can tell. `local`: its address on the connection. */
export function isOwnAddress({ host, port }: Address, listen: ListenAddress, local: string): boolean {
  if (port !== listen.port) return false;
  if (host === listen.boundHost || host === local || host === listen.name) return true;
  if (listen.boundHost !== undefined) return false;
  return host === 'localhost' || host.startsWith('127.') || interfaceAddresses().includes(host);
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.map(({ address }) => parseHost(address)),
  );
}

/**
 * Returns whether a message from `sender` may remove a peer: an admin address any, others only themselves.
 *
 * @param peerAddress IP address of the peer's link, where its host is a name
 */
export function mayRemovePeer(
  sender: string,
  peer: Address,
  peerAddress: string | undefined,
  admins: ReadonlySet<string>,
): boolean {
  return admins.has(sender) || sender === peer.host || sender === peerAddress;
}
