import type { AddressInfo, Server } from 'node:net';
import { type Address, parseHost } from '../../protocol/index.ts';

/** Connections that may wait to be accepted. */
const BACKLOG = 1_024;

/** The address a node is bound to; undefined when that is all of them (`::`, `0.0.0.0`, or nothing said). */
export function boundHost(host: string | undefined): string | undefined {
  return host === undefined || host === '::' || host === '0.0.0.0' ? undefined : parseHost(host);
}

/**
 * Starts a server and resolves to where it listens. Without a host that is every address of the machine, by IPv6 and
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
      const { address, port: actual } = server.address() as AddressInfo;
      resolve({ host: address, port: actual });
    });
  });
}
