import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectEngine } from '../../src/engine/connection/engine.ts';
import { pauseContainer } from '../../src/engine/container-lifecycle.ts';

const VERSION = {
  Version: '20.10.24',
  ApiVersion: '1.41',
  Arch: 'amd64',
  Os: 'linux',
  Components: [{ Name: 'Engine' }],
};
const UNFROZEN = 'Cannot pause container abc: OCI runtime pause failed: unable to freeze: unknown';

/** What the engine answers to the next requests to pause, in order; after them, that it did. */
let refusals: string[];
let requests: number;
let server: Server;
let host: string;

beforeEach(async () => {
  requests = 0;
  server = createServer(({ url = '' }, reply) => {
    if (url.endsWith('/pause')) {
      requests++;
      const message = refusals.shift();
      if (message === undefined) reply.writeHead(204).end();
      else reply.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
    } else if (url.includes('/containers/json')) {
      reply.end(JSON.stringify([{ Id: 'abc', State: refusals.length === 0 ? 'paused' : 'running' }]));
    } else {
      reply.end(JSON.stringify(VERSION));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it('a container that the runtime could not freeze, since a thread of it started meanwhile, is tried again', async () => {
  const engine = await connectEngine({ host, origin: 'DOCKER_HOST' });
  refusals = [UNFROZEN, UNFROZEN];
  await pauseContainer(engine, 'abc', 'n1');
  expect(requests).toBe(3);
});

it('any other refusal is an error at once', async () => {
  const engine = await connectEngine({ host, origin: 'DOCKER_HOST' });
  refusals = ['OCI runtime pause failed: container not found', UNFROZEN];
  await expect(pauseContainer(engine, 'abc', 'n1')).rejects.toThrow(/^could not pause n1: .*container not found/);
  expect(requests).toBe(1);
});
