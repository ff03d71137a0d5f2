import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';

import { expect, it } from 'vitest';
import { joinStreams } from '../../../src/agents/host/join-streams.ts';
import { readToEnd } from '../../support/read-to-end.ts';

/** Returns both ends of a connection. */
async function pair(): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [other] = (await once(server, 'connection')) as [Socket];
  server.close();
  return [client, other];
}

it('passes everything on that was sent before the end, to one that takes it slowly', async () => {
  let received = '';
  const slow = new Duplex({
    read() {},
    write(chunk, _, done) {
      setTimeout(() => {
        received += chunk;
        done();
      }, 20);
    },
  });
  const source = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  joinStreams(slow, source);
  source.once('end', () => source.destroy());
  for (const part of ['one ', 'two ', 'three', null]) source.push(part);
  await once(slow, 'close');
  expect(received).toBe('one two three');
});

it('passes an end on, and then the answer back', async () => {
  const [[client, a], [b, engine]] = await Promise.all([pair(), pair()]);
  joinStreams(a, b);
  client.end('input');
  expect(await readToEnd(engine)).toBe('input');
  engine.end('output');
  expect(await readToEnd(client)).toBe('output');
});

it('ends one where the other is broken', async () => {
  const [[client, a], [b, engine]] = await Promise.all([pair(), pair()]);
  joinStreams(a, b);
  const closed = once(engine, 'close');
  engine.resume().on('error', () => {});
  client.destroy();
  engine.end();
  await closed;
  expect(engine.destroyed).toBe(true);
});
