import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import type { Dialer } from '../../../src/network/dialer.ts';
import { NodeClient } from '../../../src/network/peer-control/node-client.ts';

/** Longer than the limit of a test, so that a test which waits for it fails. */
const NEVER_MS = 60_000;

const direct: Dialer = {
  connect: async (host, port) => {
    const socket = connect({ host, port });
    await once(socket, 'connect');
    return socket;
  },
  close: () => {},
};

/** Starts a node that handles each connection as `serve` says. */
async function node(serve: (socket: Socket) => void) {
  const server = createServer({ allowHalfOpen: true }, serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    client: new NodeClient({ host: '127.0.0.1', port, dialer: direct }),
    [Symbol.dispose]: () => void server.close(),
  };
}

const gossip = { message_type: 'gossip', payload: { id: 'news' } };

it('sending a message without a reply returns when the node has read it, and not before', async () => {
  let read = '';
  using one = await node((socket) => {
    socket.on('data', (chunk) => {
      read += chunk;
    });
    socket.on('end', () => setImmediate(() => socket.end()));
  });
  expect(await one.client.send(gossip, NEVER_MS)).toBeUndefined();
  expect(JSON.parse(read)).toEqual(gossip);
});

it('an error in reply to such a message is returned', async () => {
  const error = { message_type: 'error', payload: { code: 'invalid_payload', message: 'no' } };
  using one = await node((socket) => {
    socket.on('end', () => socket.end(JSON.stringify(error)));
    socket.resume();
  });
  expect(await one.client.send(gossip, NEVER_MS)).toEqual(error);
});

it('a node that closes the connection without a reply has taken the message', async () => {
  using one = await node((socket) => {
    socket.once('data', () => socket.end());
  });
  expect(await one.client.send({ message_type: 'ping' }, NEVER_MS)).toBeUndefined();
});

it('a node that cannot be dialed in time is unreachable, for every type of message', async () => {
  const slow: Dialer = {
    connect: async () => {
      throw Object.assign(new Error('too slow'), { code: 'ETIMEDOUT' });
    },
    close: () => {},
  };
  const client = new NodeClient({ host: '127.0.0.1', port: 9, dialer: slow });
  for (const message of [gossip, { message_type: 'ping' }]) {
    await expect(client.send(message, 10)).rejects.toMatchObject({ reason: 'unreachable' });
  }
});
