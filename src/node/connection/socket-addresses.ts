import type { AddressInfo, Server, Socket } from 'node:net';
import { type Address, parseHost } from '../../protocol/index.ts';

/** Connections that may wait to be accepted. */
const BACKLOG = 1_024;

/** The two ends of a connection, with canonical addresses. */
export interface SocketAddresses {
  /** Address of the other end. */
  host: string;
  /** Port of the other end. */
  port: number;
  /** Address of this end. */
  local: string;
}

/** Returns the addresses of a connected socket; undefined when it is closed already, and the system has forgotten them. */
export function readSocketAddresses({ remoteAddress, remotePort, localAddress }: Socket): SocketAddresses | undefined {
  if (remoteAddress === undefined || remotePort === undefined || localAddress === undefined) return undefined;
  return { host: parseHost(remoteAddress), port: remotePort, local: parseHost(localAddress) };
}

/** Returns the address a node is bound to; undefined for all of them (`::`, `0.0.0.0`, or no host). */
export function boundHost(host: string | undefined): string | undefined {
  return host === undefined || host === '::' || host === '0.0.0.0' ? undefined : parseHost(host);
}

/**
 * Starts a server and resolves to its address. Without a host it listens on every address of the machine, by IPv6 and
 * IPv4, or by IPv4 alone where there is no IPv6. Rejects with the system's error.
 */
export async function listen(server: Server, host: string | undefined, port: number): Promise<Address> {
  if (host !== undefined) return listenOn(server, host, port);
  try {
    return await listenOn(server, '::', port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error;
    return listenOn(server, '0.0.0.0', port);
  }
}

function listenOn(server: Server, host: string, port: number): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject);
      const { address, port: actualPort } = server.address() as AddressInfo;
      resolve({ host: address, port: actualPort });
    });
  });
}
