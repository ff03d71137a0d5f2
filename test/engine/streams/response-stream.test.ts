import { mkdtempSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/connection/engine.ts';
import { httpStatusOf, toEngineError } from '../../../src/engine/connection/engine-error.ts';
import { openContainerLog } from '../../../src/engine/logs.ts';
import { openResponseStream, type ResponseStream } from '../../../src/engine/streams/response-stream.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** Starts an engine that replies as `answer` says, to the first line of a request. */
async function startEngine(answer: (socket: Socket, request: string) => void): Promise<Engine> {
  const socketPath = join(mkdtempSync(join(tmpdir(), 'engine-')), 'socket');
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => answer(socket, data.toString().split('\r\n')[0] as string));
  });
  await new Promise<void>((resolve) => server?.listen(socketPath, resolve));
  return { api: '1.41', address: { socketPath } } as unknown as Engine;
}

async function readAll(response: ResponseStream): Promise<string> {
  let text = '';
  while (
    await response.read((bytes) => {
      text += bytes;
    })
  );
  return text;
}

const HEAD = 'HTTP/1.0 200 OK\r\nApi-Version: 1.41\r\nDate: Sat, 28 Nov 2026 18:24:42 GMT\r\n\r\n';

describe('openResponseStream', () => {
  it('asks in HTTP 1.0, and reads the body, however the reply is split', async () => {
    const requests: string[] = [];
    const engine = await startEngine(async (socket, request) => {
      requests.push(request);
      for (const piece of [HEAD.slice(0, 30), HEAD.slice(30), 'first ', 'second']) {
        socket.write(piece);
        await sleep(5);
      }
      socket.end();
    });
    const response = await openResponseStream(engine, '/containers/x/logs?follow=true');
    expect(requests).toEqual(['GET /v1.41/containers/x/logs?follow=true HTTP/1.0']);
    expect(response.engineTimeMs).toBe(Date.UTC(2026, 10, 28, 18, 24, 42));
    expect(await readAll(response)).toBe('first second');
    expect(await readAll(response)).toBe('');
  });

  it('reads nothing between calls, so that the engine waits', async () => {
    let written = 0;
    const engine = await startEngine((socket) => {
      socket.write(HEAD);
      const write = () => {
        while (socket.write(Buffer.alloc(65_536))) written += 65_536;
        socket.once('drain', write);
      };
      write();
    });
    const response = await openResponseStream(engine, '/');
    await response.read(() => {});
    await sleep(100);
    const before = written;
    await sleep(100);
    expect(written).toBe(before);
    response.close();
    expect(await response.read(() => {})).toBe(false);
  });

  it.each([
    [
      'a reason in JSON',
      'HTTP/1.0 404 Not Found\r\n\r\n{"message":"No such container: x"}',
      404,
      'No such container: x',
    ],
    ['text', 'HTTP/1.0 500 Error\r\n\r\nbroken', 500, 'broken'],
  ])('rejects with the status and %s', async (_, reply, status, reason) => {
    const engine = await startEngine((socket) => socket.end(reply));
    const cause: unknown = await openResponseStream(engine, '/').catch((error: unknown) => error);
    expect(httpStatusOf(cause)).toBe(status);
    expect(toEngineError(cause, 'look').message).toContain(reason);
  });

  it.each([
    ['nothing', ''],
    ['something else', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ])('rejects when the engine says %s and closes', async (_, reply) => {
    const engine = await startEngine((socket) => socket.end(reply));
    await expect(openResponseStream(engine, '/')).rejects.toThrow('the engine sent no HTTP reply');
  });

  it('reads a reply in chunks, to the last one', async () => {
    const engine = await startEngine((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n'),
    );
    expect(await readAll(await openResponseStream(engine, '/'))).toBe('abcd');
  });

  it('rejects with the error of the system when no engine answers', async () => {
    const engine = await startEngine(() => {});
    server?.close();
    await expect(openResponseStream(engine, '/')).rejects.toMatchObject({
      code: expect.stringMatching(/ENOENT|ECONN/),
    });
  });
});

describe('openContainerLog', () => {
  it('ends without an error when it is closed, when the signal aborts, and when the container is gone', async () => {
    const engine = await startEngine((socket, request) =>
      request.includes('/gone/') ? socket.end('HTTP/1.0 404 Not Found\r\n\r\n{}') : socket.write(HEAD),
    );
    expect(await openContainerLog(engine, 'gone', { follow: true })).toBeUndefined();
    const closed = await openContainerLog(engine, 'a', { follow: true });
    setTimeout(() => closed?.close(), 20);
    expect(await closed?.batches.next()).toEqual({ done: true, value: undefined });
    const abort = new AbortController();
    const aborted = await openContainerLog(engine, 'b', { follow: true, signal: abort.signal });
    setTimeout(() => abort.abort(), 20);
    expect(await aborted?.batches.next()).toEqual({ done: true, value: undefined });
    expect(await openContainerLog(engine, 'c', { follow: true, signal: abort.signal })).toBeUndefined();
  });

  it('throws when the connection to the engine is lost', async () => {
    server = createServer((socket) => {
      socket.write(HEAD);
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const address = { protocol: 'http', host: '127.0.0.1', port } as const;
    const engine = { api: '1.41', address } as unknown as Engine;
    const log = await openContainerLog(engine, 'a', { follow: true });
    await expect(log?.batches.next()).rejects.toMatchObject({ code: 'engine_gone' });
  });
});
