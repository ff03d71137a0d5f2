import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { spawnSync } from '../support/run-sync.ts';
import { cleanUp, dial } from '../support/test-node.ts';
import { until } from '../support/until.ts';

/** A node that waits for what is open would wait for minutes. */
const AT_ONCE_MS = 5_000;

let directory: string;
/** What Node is started with. */
let start: string[];
const programs: ChildProcess[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'devnet-node-'));
  await build({
    entryPoints: ['src/node/main.ts'],
    outfile: join(directory, 'node.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  });
});

afterEach(async () => {
  for (const program of programs.splice(0)) program.kill('SIGKILL');
  await cleanUp();
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the program as an image would, with only the given environment. */
function run(env: Record<string, string>) {
  const child = spawn(process.execPath, start, {
    env: { DEVNET_HOST: '127.0.0.1', DEVNET_PORT: '0', ...env },
  });
  programs.push(child);
  const program = {
    child,
    out: '',
    err: '',
    exit: undefined as number | null | undefined,
    lines: () =>
      program.out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    listening: async () => {
      await until(() => program.out.includes('"listening"'), 'the port');
      return { host: '127.0.0.1', port: program.lines()[0].port as number };
    },
  };
  child.stdout.on('data', (chunk) => {
    program.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    program.err += chunk;
  });
  child.on('close', (code) => {
    program.exit = code;
  });
  return program;
}

test('an argument is refused with where settings come from', async () => {
  start = [join(directory, 'node.cjs'), '--help'];
  const program = run({});
  await until(() => program.exit !== undefined, 'the exit');
  expect(program.exit).toBe(1);
  expect(program.err).toMatch(/^unexpected argument "--help": .* DEVNET_NAME=n1 DEVNET_PORT=3000\n$/);
  expect(program.out).toBe('');
});

describe.each(['the program', 'its snapshot'])('%s', (what) => {
  beforeAll(() => {
    const program = join(directory, 'node.cjs');
    if (what === 'the program') start = [program];
    else {
      start = ['--snapshot-blob', join(directory, 'node.blob')];
      expect(spawnSync(process.execPath, [...start, '--build-snapshot', program])).toMatchObject({ status: 0 });
    }
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s stops the node at once, with connections open', async (signal) => {
    const program = run({ DEVNET_NAME: 'n9' });
    const address = await program.listening();
    const client = await dial(address);
    await client.ask({ message_type: 'ping' });
    const began = performance.now();
    program.child.kill(signal);
    await until(() => program.exit !== undefined, 'the exit');
    expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
    expect(program.exit).toBe(0);
    expect(program.lines().map(({ event, node }) => [event, node])).toEqual([
      ['listening', 'n9'],
      ['stopping', 'n9'],
    ]);
    expect(program.err).toBe('');
  });

  test('a signal stops the node even if nobody reads its log', async () => {
    const program = run({ DEVNET_LOG_LEVEL: 'debug', DEVNET_MESSAGES_BURST: '1000000' });
    const address = await program.listening();
    program.child.stdout.pause();
    const client = await dial(address);
    for (let id = 0; id < 5_000; id++) client.send({ message_type: 'chat', payload: 'x'.repeat(300) });
    expect(await client.ask({ message_type: 'ping' })).toEqual({ message_type: 'pong' });
    const began = performance.now();
    program.child.once('exit', (code) => {
      program.exit = code;
    });
    program.child.kill('SIGTERM');
    await until(() => program.exit !== undefined, 'the exit');
    expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
  });

  test('the last log lines are not lost', async () => {
    const program = run({ DEVNET_MESSAGES_BURST: '1000000' });
    const client = await dial(await program.listening());
    for (let id = 0; id < 2_000; id++) client.send({ message_type: 'gossip', payload: { id: String(id) } });
    await client.ask({ message_type: 'ping' });
    program.child.kill('SIGTERM');
    await until(() => program.exit !== undefined, 'the exit');
    const lines = program.lines();
    expect(lines.filter(({ event }) => event === 'gossip_received').map(({ id }) => id)).toEqual(
      Array.from({ length: 2_000 }, (_, id) => String(id)),
    );
    expect(lines.at(-1).event).toBe('stopping');
    const times = lines.map(({ time }) => time);
    expect(times).toEqual([...new Set(times)].sort());
  });

  test('a port in use is reported in one line', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await until(() => server.listening, 'the server');
    const { port } = server.address() as { port: number };
    const program = run({ DEVNET_PORT: String(port) });
    await until(() => program.exit !== undefined, 'the exit');
    server.close();
    expect(program.exit).toBe(1);
    expect(program.lines()).toEqual([
      expect.objectContaining({
        level: 'error',
        event: 'cannot_listen',
        address: '127.0.0.1',
        port,
        code: 'EADDRINUSE',
      }),
    ]);
  });

  test('the environment sets the gossip strategy', async () => {
    const program = run({ DEVNET_GOSSIP: 'fanout:2', DEVNET_SEED: '7' });
    const client = await dial(await program.listening());
    expect(await client.ask({ message_type: 'get_status' })).toMatchObject({
      payload: { gossip: 'fanout:2', seed: 7 },
    });
  });

  test('an invalid setting is reported in one line', async () => {
    const program = run({ DEVNET_MAX_DEPTH: 'deep' });
    await until(() => program.exit !== undefined, 'the exit');
    expect(program.exit).toBe(1);
    expect(program.err).toBe('DEVNET_MAX_DEPTH is "deep"; it must be a whole number from 8 to 2000\n');
  });

  test('timers that are set late fire', async () => {
    const program = run({});
    const client = await dial(await program.listening());
    await client.ask({ message_type: 'ping' });
    // The node has none before, and a snapshot remembers when those of the process that made it were due.
    await sleep(2_000);
    const began = performance.now();
    program.child.kill('SIGTERM');
    await until(() => program.exit !== undefined, 'the exit, which does not wait for the client');
    expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
  });

  test('makes another identity and other choices each time', async () => {
    const identities = [];
    for (let round = 0; round < 2; round++) {
      const client = await dial(await run({}).listening());
      const { payload } = await client.ask({ message_type: 'hello', payload: { name: 'me' } });
      identities.push((payload as { id: string }).id);
    }
    expect(identities[0]).not.toBe(identities[1]);
  });
});
