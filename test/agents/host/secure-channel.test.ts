import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';

import type { TLSSocket } from 'node:tls';
import { expect, it } from 'vitest';
import { createSecureServer, KEY_BYTES, secureConnection } from '../../../src/agents/host/secure-channel.ts';
import { readToEnd } from '../../support/read-to-end.ts';

/** Starts an agent's server that answers with what it was sent, once all of it is there. */
async function echoServer(key: Buffer) {
  const server = createSecureServer(key, async (client: TLSSocket) => client.end(`got ${await readToEnd(client)}`));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const dial = () => connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  return { dial, [Symbol.asyncDispose]: async () => void server.close() };
}

it('carries both directions, each to its own end', async () => {
  const key = randomBytes(KEY_BYTES);
  await using server = await echoServer(key);
  const connection = await secureConnection(server.dial(), key);
  connection.end('all of it');
  expect(await readToEnd(connection)).toBe('got all of it');
});

it('refuses who has another key', async () => {
  await using server = await echoServer(randomBytes(KEY_BYTES));
  await expect(secureConnection(server.dial(), randomBytes(KEY_BYTES))).rejects.toThrow();
});

it('refuses who does not speak TLS', async () => {
  await using server = await echoServer(randomBytes(KEY_BYTES));
  const socket = server.dial();
  socket.write('GET /containers/json HTTP/1.1\r\n\r\n');
  const received = await readToEnd(socket).catch(() => '');
  expect(received).not.toContain('got');
});
