import { connect, type Socket } from 'node:net';

/** Idle time before a TCP keep-alive probe. */
export const KEEP_ALIVE_MS = 30_000;

/** A server to dial, and where to dial from. */
export interface ServerRoute {
  host: string;
  port: number;
  localAddress: string;
  /** Preferred port. */
  localPort: number | undefined;
}

/**
 * Dials a server, from the preferred port if it is free: the server then sees the client's real port.
 *
 * @returns the open connection
 * @throws the system's error
 */
export async function dialServer(route: ServerRoute): Promise<Socket> {
  try {
    return await connectOnce(route);
  } catch (error) {
    const isTaken = ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
    if (!isTaken || route.localPort === undefined) throw error;
    return await connectOnce({ ...route, localPort: undefined });
  }
}

function connectOnce({ localPort, ...route }: ServerRoute): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...route,
      ...(localPort === undefined ? {} : { localPort }),
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
