import { connect, type Socket } from 'node:net';

/** How often (ms) it is made sure that the other end of a quiet connection still exists. */
export const KEEP_ALIVE_MS = 30_000;

/** Where a connection goes, and from where: `localPort` is wished for, not needed. */
export interface ServerRoute {
  host: string;
  port: number;
  localAddress: string;
  localPort: number | undefined;
}

/**
 * Dials, from the wished-for port where that is free: then the server sees the port that the client really has.
 * @returns the connection once it stands @throws the system's error when it cannot be made
 */
export async function dialServer(route: ServerRoute): Promise<Socket> {
  try {
    return await connectOnce(route);
  } catch (error) {
    const taken = ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
    if (!taken || route.localPort === undefined) throw error;
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
