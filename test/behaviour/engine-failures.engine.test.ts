import { createServer } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { up } from '../../src/controller/lifecycle/up.ts';
import { connectEngine } from '../../src/engine/connection/engine.ts';
import { interruptibleEngine } from '../support/interruptible-engine.ts';
import { sandbox } from '../support/sandbox.ts';

const box = await sandbox();
const cleanUps: (() => void)[] = [];
afterAll(() => {
  for (const cleanUp of cleanUps.reverse()) cleanUp();
});

describe('an engine failure is reported', () => {
  it('when no engine answers', async () => {
    await expect(connectEngine({ host: 'unix:///nowhere/docker.sock', origin: 'test' })).rejects.toMatchObject({
      code: 'engine_missing',
      hint: 'docker/engine up',
    });
    await expect(connectEngine({ host: 'what is this', origin: 'test' })).rejects.toMatchObject({
      code: 'engine_missing',
    });
  });

  it('when the engine is too old', async () => {
    const server = createServer((socket) => {
      socket.once('data', () => {
        const body = JSON.stringify({ Version: '18.09', ApiVersion: '1.39' });
        socket.end(
          `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => server.close());
    const { port } = server.address() as { port: number };
    await expect(connectEngine({ host: `tcp://127.0.0.1:${port}`, origin: 'test' })).rejects.toMatchObject({
      code: 'engine_too_old',
      message: expect.stringMatching(/18\.09 with API 1\.39; devnet needs API 1\.41/),
    });
  });

  it('when the engine goes away during up, and the rest of the network can be removed afterwards', async () => {
    const { host, cut } = await interruptibleEngine();
    cleanUps.push(cut);
    const engine = await connectEngine({ host, origin: 'test' });
    const topology = box.topology('nodes: { count: 6 }\nlinks: ring');
    const failed = up(engine, topology, { onProgress: ({ step }) => step === 'started' && cut() });
    await expect(failed).rejects.toMatchObject({
      code: 'engine_gone',
      message: expect.stringContaining('the connection to the engine was lost'),
      hint: expect.stringContaining('devnet down'),
    });
    expect((await box.observe(topology.name))?.nodes.length).toBeGreaterThan(0);
  });
});
