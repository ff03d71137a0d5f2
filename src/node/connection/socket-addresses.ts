import type { Socket } from 'node:net';
import { parseHost } from '../../protocol/index.ts';

/** The two ends of a connection, addresses canonical. */
export interface SocketAddresses {
  /** The other end's address and port. */
  host: string;
  port: number;
  /** This end's address. */
  local: string;
}

/** The ends of a connected socket; undefined when it is gone already, and the system no longer knows them. */
export function readSocketAddresses({ remoteAddress, remotePort, localAddress }: Socket): SocketAddresses | undefined {
  if (remoteAddress === undefined || remotePort === undefined || localAddress === undefined) return undefined;
  return { host: parseHost(remoteAddress), port: remotePort, local: parseHost(localAddress) };
}
