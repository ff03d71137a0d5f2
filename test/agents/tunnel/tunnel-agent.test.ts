import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { encodeTunnelFrame, TunnelFrameReader } from '../../../src/agents/tunnel/tunnel-frame.ts';
import { root } from '../../support/paths.ts';
import { until } from '../../support/until.ts';

const CONNECTIONS = 1_000;
const BYTES = 20_000;

it('holds many connections back while its reader is slow, and loses nothing', async () => {
  let connected = 0;
  const server = createServer((socket) => {
    connected++;
    socket.on('error', () => {}).end(Buffer.alloc(BYTES, connected));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = spawn(process.execPath, [join(root, 'dist', 'tunnel.cjs')]);
  let complaints = '';
  agent.stderr.on('data', (text) => {
    complaints += text;
  });
  for (let id = 0; id < CONNECTIONS; id++) agent.stdin.write(encodeTunnelFrame(id, 'open', `127.0.0.1:${port}`));
  await until(() => connected === CONNECTIONS, 'all connections');
  const received = new Map<number, number>();
  let closed = 0;
  const reader = new TunnelFrameReader();
  agent.stdout.on('data', (chunk: Buffer) => {
    for (const { connection, kind, body } of reader.push(chunk)) {
      if (kind === 'data') received.set(connection, (received.get(connection) ?? 0) + body.length);
      else if (kind === 'close') closed++;
    }
  });
  await until(() => closed === CONNECTIONS, 'the end of all connections');
  expect([...received.values()]).toEqual(Array.from({ length: CONNECTIONS }, () => BYTES));
  agent.stdin.end();
  expect(await once(agent, 'close')).toEqual([0, null]);
  expect(complaints).toBe('');
  server.close();
});
