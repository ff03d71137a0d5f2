import { subscribe } from 'node:diagnostics_channel';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { warnOfUnansweredRequests } from '../../../src/cli/output/warn-of-unanswered-requests.ts';
import { connectEngine, type Engine } from '../../../src/engine/connection/engine.ts';

const VERSION = { Version: '28.2.2', ApiVersion: '1.50', Arch: 'amd64', Os: 'linux', Components: [{ Name: 'Engine' }] };

/** Requests that are not answered yet, by their path. */
const waiting = new Map<string, ServerResponse>();
const server = createServer(({ url = '' }, reply) => {
  if (url === '/version') reply.end(JSON.stringify(VERSION));
  else waiting.set(url.replace(/^\/v[\d.]+|\?.*/g, ''), reply);
});

const reported: unknown[] = [];
subscribe('devnet:unanswered-request', (message) => reported.push(message));

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  waiting.clear();
  reported.length = 0;
  server.closeAllConnections();
  server.close();
});

async function connect(): Promise<Engine> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return connectEngine({ host: `tcp://127.0.0.1:${port}`, origin: 'the test' });
}

/** Sends a request that is not answered, and lets time pass. */
async function ask(work: Promise<unknown>, path: string, milliseconds: number): Promise<void> {
  void work.catch(() => {});
  await vi.waitUntil(() => waiting.has(path));
  vi.advanceTimersByTime(milliseconds);
}

it('is noticed once, until the engine has answered', async () => {
  const { docker, endpoint } = await connect();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  warnOfUnansweredRequests();

  const listed = docker.listContainers({ all: true });
  await ask(listed, '/containers/json', 29_000);
  expect(reported).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(reported).toEqual([{ request: 'GET /containers/json', host: endpoint.host, seconds: 30 }]);
  expect(String(written.mock.calls[0]?.[0])).toMatch(
    /! the engine at tcp:\S+ has not answered GET \/containers\/json for 30 s; this waits on, Ctrl-C ends it\n$/,
  );

  await ask(docker.listNetworks(), '/networks', 60_000);
  expect(reported).toHaveLength(1);
  waiting.get('/containers/json')?.end('[]');
  expect(await listed).toEqual([]);

  await ask(docker.listVolumes(), '/volumes', 60_000);
  expect(reported).toHaveLength(2);
});

it('is none where the engine answers in time, or has no event to tell of', async () => {
  const { docker } = await connect();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const listed = docker.listContainers();
  await ask(listed, '/containers/json', 1_000);
  waiting.get('/containers/json')?.end('[]');
  await listed;
  await ask(docker.getEvents(), '/events', 3_600_000);
  expect(reported).toEqual([]);
});
