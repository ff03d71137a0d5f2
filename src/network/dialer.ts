import type { Duplex } from 'node:stream';

/** Opens connections from the controller to the nodes of one network, directly or through a tunnel. */
export interface Dialer {
  /**
   * Opens a connection.
   * @throws an error with the system's `code`: ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT, …
   */
  connect(host: string, port: number, timeoutMs: number): Promise<Duplex>;
  close(): void;
}
