import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeoutAfterIo } from '../shared/time/timeout-after-io.ts';

/** Identity of a network: no other one has the same, on this engine or elsewhere. */
export interface NetworkIdentity {
  name: string;
  /** Random, and new for each network of this name. */
  id: string;
}

/** Opens connections from the controller to the nodes of one network, directly or through a tunnel. */
export interface Dialer {
  /** The network whose nodes it reaches, where nodes can tell: one that answers for another network is not asked further. */
  readonly network?: NetworkIdentity;
  /**
   * Opens a connection.
   * @throws an error with the system's `code`: ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT, …
   */
  connect(host: string, port: number, timeoutMs: number): Promise<Duplex>;
  close(): void;
}

/**
 * Returns a dialer for nodes on a network that this machine is on, too.
 * @param from this machine's own address there. A dial from it to a network that is gone fails at once, instead of leaving
 *   through the default route to whoever has that address out there
 */
export function createDirectDialer(from: string): Dialer {
  return {
    async connect(host, port, timeoutMs) {
      const socket = connect({ host, port, localAddress: from, noDelay: true });
      const cancel = setTimeoutAfterIo(timeoutMs, () => socket.destroy(errorWithCode('ETIMEDOUT')));
      try {
        await once(socket, 'connect');
        return socket;
      } finally {
        cancel();
      }
    },
    close() {},
  };
}

/** Returns an error with a code of the system. */
export function errorWithCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}
