import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimSocket, connectToSocket } from '../../../src/network/control-socket/claim-socket.ts';
import { execFileSync } from '../../support/run-sync.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'devnet-claim-'));
  path = join(folder, 'ring');
});

afterEach(() => rmSync(folder, { recursive: true }));

const claim = () => claimSocket(path, (socket) => socket.on('error', () => {}).end('hello'));

/** Leaves the socket of a process that was killed. */
function leaveDeadSocket(): void {
  mkdirSync(path);
  const socket = JSON.stringify(join(path, 'dead'));
  const script = `require('net').createServer().listen(${socket}, () => process.kill(process.pid, 'SIGKILL'))`;
  expect(() => execFileSync(process.execPath, ['-e', script])).toThrow(expect.objectContaining({ signal: 'SIGKILL' }));
  expect(readdirSync(path)).toEqual(['dead']);
}

async function read(): Promise<string | undefined> {
  const socket = await connectToSocket(path);
  if (!socket) return undefined;
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  return text;
}

describe('a name to listen under', () => {
  it('is given away once, and again after it is released', async () => {
    const first = await claim();
    expect(await read()).toBe('hello');
    expect(await claim()).toBeUndefined();
    expect(readdirSync(folder)).toEqual(['ring']);
    first?.release();
    expect(readdirSync(folder)).toEqual([]);
    (await claim())?.release();
  });

  it('is given away where a killed process left its socket', async () => {
    leaveDeadSocket();
    const claimed = await claim();
    expect(await read()).toBe('hello');
    claimed?.release();
  });

  it.each([
    ['where nobody listened', () => {}],
    ['where a killed process left its socket', leaveDeadSocket],
  ])('is given to one of many that claim it at once, %s', async (_, prepare) => {
    prepare();
    const claims = await Promise.all(Array.from({ length: 20 }, claim));
    const won = claims.filter((one) => one !== undefined);
    expect(won).toHaveLength(1);
    expect(await read()).toBe('hello');
    expect(readdirSync(folder)).toEqual(['ring']);
    won[0]?.release();
  });

  it('is not taken from whoever has it by then, on release', async () => {
    const first = await claim();
    rmSync(path, { recursive: true });
    const second = await claim();
    first?.release();
    expect(await read()).toBe('hello');
    second?.release();
  });

  it('keeps its connections open when it is released', async () => {
    const claimed = await claimSocket(path, (socket) => socket.pipe(socket));
    const socket = await connectToSocket(path);
    claimed?.release();
    socket?.setEncoding('utf8').write('still here');
    expect(await once(socket!, 'data')).toEqual(['still here']);
    socket?.destroy();
  });
});

describe('connecting by name', () => {
  it('finds nobody where nobody listens, and removes the socket of a process that was killed', async () => {
    expect(await read()).toBeUndefined();
    leaveDeadSocket();
    expect(await read()).toBeUndefined();
    expect(readdirSync(path)).toEqual([]);
  });
});
