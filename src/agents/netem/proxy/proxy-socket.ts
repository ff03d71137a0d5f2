import { connect, type Socket } from 'node:net';

/**
 * Idle time before a TCP keep-alive probe. An end that ended while its link was cut says so to nobody. Probes find it, but a cut
 * drops them too, or their answers, and a connection must outlast the cut: this is longer than cuts last, and less than the
 * 32,767 s that the kernel takes.
 */
const KEEP_ALIVE_MS = 8 * 3_600_000;
/**
 * Bytes read at once. The kernel gives a socket more buffer, up to megabytes, when a program reads more than some 14 KB at a
 * time; what waits there would be hidden from the rate of the link.
 */
const READ_BYTES = 8_192;

/** Addresses to connect to, and from. */
export interface ConnectRoute {
  host: string;
  port: number;
  localAddress: string;
  /** Undefined for any. */
  localPort: number | undefined;
}

/** An end of a connection. It is paused until `resume`, so that nothing is read before there is somewhere to put it. */
export interface ProxySocket extends Socket {
  /** Receives what is read. */
  onBytes: (chunk: Buffer) => void;
}

/**
 * Connects, from the given port if it is free.
 *
 * @param onSocket called with the socket before it is connected
 * @param exact fails where the port is not free, instead of connecting from another one @default false
 * @throws the system's error
 */
export async function openProxySocket(
  route: ConnectRoute,
  onSocket: (socket: ProxySocket) => void,
  exact = false,
): Promise<ProxySocket> {
  try {
    return await connectOnce(route, onSocket);
  } catch (error) {
    if (exact || !isPortTaken(error)) throw error;
    return await connectOnce({ ...route, localPort: undefined }, onSocket);
  }
}

/** Returns whether a connection failed because its own port is not free. */
export function isPortTaken(error: unknown): boolean {
  return ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function connectOnce(
  { localPort, ...route }: ConnectRoute,
  onSocket: (socket: ProxySocket) => void,
): Promise<ProxySocket> {
  return new Promise((resolve, reject) => {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const socket: ProxySocket = Object.assign(
      connect({
        ...route,
        ...(localPort === undefined ? {} : { localPort }),
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_MS,
        onread: {
          buffer,
          callback: (bytes) => {
            socket.onBytes(Buffer.from(buffer.subarray(0, bytes)));
            return true;
          },
        },
      }),
      { onBytes: () => {} },
    );
    socket.pause();
    onSocket(socket);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed before it was connected')));
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Closes a connection with a reset, or gives up one that is still being dialed. */
export function resetSocket(socket: Socket): void {
  if (socket.connecting || socket.destroyed) socket.destroy();
  else socket.resetAndDestroy();
}
