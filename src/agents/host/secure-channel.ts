/**
 * TLS between the controller and the agents of a swarm's hosts, and between agents. Both ends prove that they have one key, which
 * a Swarm secret brings to each host: no certificate has to be made, signed or renewed.
 */
import type { Duplex } from 'node:stream';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';

/** Port that the agents listen on, on a network that nothing else is on. */
export const AGENT_PORT = 7_400;
/** File of the key in an agent's container. */
export const KEY_FILE = '/run/secrets/devnet-agent-key';
/** Length of the key, bytes. */
export const KEY_BYTES = 32;

const IDENTITY = 'devnet';
/** Keys that both ends share belong to TLS 1.2 in Node.js. ECDHE: a key that leaks later opens no earlier connection. */
const OPTIONS = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Encrypts a connection to an agent. Resolves once the other end has proved that it has the key.
 * @throws Error when it has not, or the connection fails
 */
export function secureConnection(socket: Duplex, key: Buffer): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secured = connect({
      ...OPTIONS,
      socket,
      pskCallback: () => ({ psk: key, identity: IDENTITY }),
      // There is no certificate to look at.
      checkServerIdentity: () => undefined,
    });
    const timer = setTimeout(() => secured.destroy(new Error('no TLS handshake')), HANDSHAKE_TIMEOUT_MS);
    secured.once('error', reject).once('close', () => {
      clearTimeout(timer);
      reject(new Error('the agent closed the connection'));
    });
    secured.once('secureConnect', () => {
      clearTimeout(timer);
      secured.off('error', reject);
      resolve(secured);
    });
  });
}

/** Creates the server of an agent. `onConnection` gets connections of clients that have the key, and no others. */
export function createSecureServer(key: Buffer, onConnection: (connection: TLSSocket) => void): Server {
  const pskCallback = (_: TLSSocket, identity: string) => (identity === IDENTITY ? key : null);
  // Half-open, since the input of a command that is executed ends before its output.
  return createServer({ ...OPTIONS, allowHalfOpen: true, pskIdentityHint: IDENTITY, pskCallback }, onConnection);
}
