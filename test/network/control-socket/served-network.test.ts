import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { UnsupportedError } from '../../../src/index.ts';
import { claimSocket } from '../../../src/network/control-socket/claim-socket.ts';
import { findServedNetworks } from '../../../src/network/control-socket/find-served-networks.ts';
import { lockName } from '../../../src/network/control-socket/lock-name.ts';
import { type ServedNetwork, serveNetwork } from '../../../src/network/control-socket/serve-network.ts';
import { controlSocketFolder, ensureSocketFolder } from '../../../src/network/control-socket/socket-folder.ts';
import { attachSocketNetwork } from '../../../src/network/control-socket/socket-network.ts';
import { createDirectDialer } from '../../../src/network/dialer.ts';
import type { FaultId } from '../../../src/network/fault.ts';
import type { LogEntry } from '../../../src/network/log-entry.ts';
import type { ReadLogOptions, RunningNetwork } from '../../../src/network/running-network.ts';
import { currentUser } from '../../../src/shared/current-user.ts';
import { DevnetError } from '../../../src/shared/errors.ts';
import { parseTopology } from '../../../src/topology/index.ts';

const base = mkdtempSync(join(tmpdir(), 'devnet-served-'));
const served: ServedNetwork[] = [];

beforeAll(() => vi.stubEnv('XDG_RUNTIME_DIR', base));
afterEach(() => {
  for (const one of served.splice(0)) one.close();
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true });
});

let count = 0;

/** Serves a network of which only some methods are there, and attaches to it. */
async function serve(methods: Partial<RunningNetwork>): Promise<RunningNetwork> {
  const name = `net-${++count}`;
  const topology = { ...parseTopology('nodes: [a, b]\nlinks: [a -> b]', { file: 'net.yaml', name }), name };
  const addresses = new Map([['a', { host: '127.0.0.1', port: 1 }]]);
  served.push(
    await serveNetwork({ name, runtime: 'containers', topology, addresses, ...methods } as unknown as RunningNetwork),
  );
  return attachSocketNetwork(name);
}

const usage = (memory: number) => ({ time: 1, cpu: 2, memory, memoryLimit: 4, received: 5, sent: 6 });
const entry = (event: string): LogEntry => ({ time: '', node: 'a', level: 'info', event, fields: { n: 1 } });

/** Resolves when a signal aborts. */
const aborted = (signal: AbortSignal | undefined) =>
  new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));

describe('a network of another process', () => {
  it('has the name, runtime, capabilities, topology and addresses of the original', async () => {
    const network = await serve({});
    expect(network).toMatchObject({
      name: `net-${count}`,
      runtime: 'containers',
      topology: { links: [{ from: 'a' }] },
    });
    expect(network.capabilities.has('pause')).toBe(true);
    expect([...network.addresses]).toEqual([['a', { host: '127.0.0.1', port: 1 }]]);
  });

  it('runs commands, with their output byte by byte as it comes', async () => {
    const bytes = Buffer.from([0, 10, 13, 0xff, 0xc3, 0x28]);
    const exec = vi.fn<RunningNetwork['exec']>(async (_node, _command, { stdout, stderr }) => {
      for (const part of [bytes, Buffer.alloc(300_000, 'x')]) if (!stdout.write(part)) await once(stdout, 'drain');
      stderr.write('oh');
      return 3;
    });
    const network = await serve({ exec });
    const stdout: Buffer[] = [];
    const output = new PassThrough().on('data', (chunk: Buffer) => stdout.push(chunk));
    const errors = new PassThrough();
    expect(await network.exec('a', ['cat', '-'], { stdout: output, stderr: errors })).toBe(3);
    expect(exec.mock.calls[0]?.slice(0, 2)).toEqual(['a', ['cat', '-']]);
    expect(Buffer.concat(stdout).equals(Buffer.concat([bytes, Buffer.alloc(300_000, 'x')]))).toBe(true);
    expect(String(errors.read())).toBe('oh');
  });

  it('passes standard input and the size of the terminal to a command', async () => {
    const sizes: unknown[] = [];
    const network = await serve({
      exec: async (_node, _command, { stdin, stdout, terminal }) => {
        sizes.push(terminal?.size());
        const end = terminal?.onResize(() => sizes.push(terminal.size()));
        for await (const chunk of stdin as AsyncIterable<Buffer>) stdout.write(String(chunk).toUpperCase());
        end?.();
        return 0;
      },
    });
    const [stdin, stdout] = [new PassThrough(), new PassThrough().setEncoding('utf8')];
    const terminal = new EventEmitter();
    let size = { columns: 80, rows: 24 };
    const running = network.exec('a', ['tr'], {
      stdin,
      stdout,
      stderr: new PassThrough(),
      terminal: {
        size: () => size,
        onResize: (listener) => {
          terminal.on('resize', listener);
          return () => terminal.off('resize', listener);
        },
      },
    });
    stdin.write('one');
    expect(await once(stdout, 'data')).toEqual(['ONE']);
    size = { columns: 100, rows: 30 };
    terminal.emit('resize');
    stdin.end(Buffer.alloc(200_000, 'x'));
    let rest = '';
    stdout.on('data', (text) => {
      rest += text;
    });
    expect(await running).toBe(0);
    expect(rest).toBe('X'.repeat(200_000));
    expect(sizes).toEqual([
      { columns: 80, rows: 24 },
      { columns: 100, rows: 30 },
    ]);
    expect(terminal.listenerCount('resize') + stdin.listenerCount('data')).toBe(0);
  });

  it('says that the output of a command cannot be written any more', async () => {
    const network = await serve({
      exec: async (_node, _command, { stdout }) => {
        stdout.write('x');
        return 0;
      },
    });
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) }).on('error', () => {});
    const running = network.exec('a', ['cat'], { stdout, stderr: new PassThrough() });
    await expect(running).rejects.toMatchObject({ code: 'interrupted', message: 'output closed by its reader' });
  });

  it('counts what nodes use until the signal aborts, which the process hears', async () => {
    let isOver = false;
    const network = await serve({
      watchUsage: async (onUsage, signal) => {
        onUsage('a', usage(7));
        await aborted(signal);
        isOver = true;
      },
    });
    const abort = new AbortController();
    const seen: unknown[] = [];
    await network.watchUsage((node, { memory }) => {
      seen.push([node, memory]);
      abort.abort();
    }, abort.signal);
    expect(seen).toEqual([['a', 7]]);
    await vi.waitFor(() => expect(isOver).toBe(true));
  });

  it('measures links with progress, and can be interrupted', async () => {
    const measureLinks = vi.fn<RunningNetwork['measureLinks']>(async ({ pings, progress, signal } = {}) => {
      progress?.(1, 2);
      progress?.(2, 2);
      if (pings === 0) await aborted(signal);
      return [{ from: 'a', to: 'b', conditions: { from: 'a', to: 'b' } }];
    });
    const network = await serve({ measureLinks });
    const steps: number[][] = [];
    const measured = await network.measureLinks({ pings: 5, progress: (done, of) => steps.push([done, of]) });
    expect(measured).toEqual([{ from: 'a', to: 'b', conditions: { from: 'a', to: 'b' } }]);
    expect(steps).toEqual([
      [1, 2],
      [2, 2],
    ]);
    const abort = new AbortController();
    const hanging = network.measureLinks({
      pings: 0,
      signal: abort.signal,
      progress: () => abort.abort(new Error('no')),
    });
    await expect(hanging).rejects.toThrow('no');
  });

  it.each(['start', 'unpause', 'restart'] as const)('passes the options and the signal of %s', async (method) => {
    const act = vi.fn(
      async (_node: string, { timeoutMs, signal }: { timeoutMs?: number; signal?: AbortSignal } = {}) => {
        if (timeoutMs === 0) await aborted(signal);
      },
    );
    const network = await serve({ [method]: act });
    await network[method]('a');
    await network[method]('a', { timeoutMs: 7 });
    expect(act).toHaveBeenLastCalledWith('a', { timeoutMs: 7, signal: expect.any(AbortSignal) });
    const abort = new AbortController();
    const hanging = network[method]('a', { timeoutMs: 0, signal: abort.signal });
    await vi.waitFor(() => expect(act).toHaveBeenCalledTimes(3));
    abort.abort(new Error('enough'));
    await expect(hanging).rejects.toThrow('enough');
    await vi.waitFor(() => expect(act.mock.calls[2]?.[1]?.signal?.aborted).toBe(true));
  });

  it('reads the log with the options, and no faster than its reader', async () => {
    let sent = 0;
    const readLog = vi.fn(async (_options: ReadLogOptions) =>
      (async function* () {
        for (; sent < 1_000; sent++) yield [entry('x'.repeat(10_000))];
      })(),
    );
    const network = await serve({ readLog });
    const log = (await network.readLog({ follow: false, nodes: ['a'], tail: 3, since: 5 }))[Symbol.asyncIterator]();
    expect(readLog.mock.calls[0]?.[0]).toMatchObject({ follow: false, nodes: ['a'], tail: 3, since: 5 });
    const first = await log.next();
    expect(first.value).toEqual([entry('x'.repeat(10_000))]);
    // What the buffers of the connection hold, far from all of it.
    const pausedAt = await vi.waitUntil(async () => {
      const before = sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return sent === before && sent;
    });
    expect(pausedAt).toBeLessThan(500);
    let rest = 0;
    for (let next = await log.next(); !next.done; next = await log.next()) rest++;
    expect(rest).toBe(999);
  });

  it('ends a log that is followed when its signal aborts, and when its reader leaves', async () => {
    const signals: AbortSignal[] = [];
    const network = await serve({
      readLog: async ({ signal }) => {
        signals.push(signal as AbortSignal);
        return (async function* () {
          yield [entry('one')];
          await aborted(signal);
        })();
      },
    });
    const abort = new AbortController();
    for await (const _ of await network.readLog({ follow: true, signal: abort.signal })) abort.abort();
    for await (const _ of await network.readLog({ follow: true })) break;
    await vi.waitFor(() => expect(signals.map((signal) => signal.aborted)).toEqual([true, true]));
  });

  it('heals a fault by its handle, again where that failed', async () => {
    const heal = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new DevnetError('links_failed', 'not yet'));
    const ids: (FaultId | undefined)[] = [];
    const network = await serve({
      inject: async (fault, id) => {
        ids.push(id);
        return { name: id?.name ?? 'none', fault, heal, warning: 'only a little' };
      },
    });
    const fault = { kind: 'kill', node: 'a' } as const;
    expect(await network.inject(fault)).toMatchObject({ name: expect.stringMatching(/^kill-[0-9a-f]{6}$/), fault });
    const injected = await network.inject(fault, { name: 'mine' });
    // The process that serves the network may have another user than the one who injects.
    expect(ids).toEqual([
      { name: expect.any(String), by: currentUser() },
      { name: 'mine', by: currentUser() },
    ]);
    expect(injected).toMatchObject({ name: 'mine', fault, warning: 'only a little' });
    await expect(injected.heal()).rejects.toMatchObject({ code: 'links_failed', message: 'not yet' });
    await injected.heal();
    await injected.heal();
    expect(heal).toHaveBeenCalledTimes(2);
  });

  it('declares links unless the client that applies them fails, or is gone', async () => {
    const declared: unknown[] = [];
    const network = await serve({
      declareLinks: async (links, apply) => {
        await apply([{ name: 'a', state: 'running', host: '127.0.0.1', port: 1 }]);
        declared.push(links);
      },
    });
    const seen: unknown[] = [];
    await network.declareLinks([{ from: 'b', to: 'a' }], async (nodes) => void seen.push(...nodes));
    expect(seen).toMatchObject([{ name: 'a' }]);
    expect(declared).toEqual([[{ from: 'b', to: 'a' }]]);
    expect(network.topology.links).toEqual([{ from: 'b', to: 'a' }]);
    const failure = new DevnetError('not_verified', 'no');
    await expect(network.declareLinks([], () => Promise.reject(failure))).rejects.toBe(failure);
    expect(declared).toHaveLength(1);
    expect(network.topology.links).toHaveLength(1);
  });

  it('dials nodes through the process, with the errors of the system', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { dialer } = await serve({ dialer: createDirectDialer('127.0.0.1') });
    const socket = await dialer.connect('127.0.0.1', port, 5_000);
    const sent = Buffer.alloc(500_000, 'ab');
    socket.end(sent);
    const received: Buffer[] = [];
    for await (const chunk of socket) received.push(chunk as Buffer);
    expect(Buffer.concat(received).equals(sent)).toBe(true);
    server.close();
    await expect(dialer.connect('127.0.0.1', 1, 5_000)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const { dialer: slow } = await serve({ dialer: { connect: () => new Promise(() => {}), close: () => {} } });
    await expect(slow.connect('127.0.0.1', 1, 50)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('fails as the original does', async () => {
    const unsupported = new UnsupportedError('process', [{ capability: 'pause', feature: 'pause' }]);
    const network = await serve({
      pause: () => Promise.reject(unsupported),
      kill: () => Promise.reject(new DevnetError('no_such_node', 'no z', { hint: 'its nodes: a' })),
      stop: () => Promise.reject(new TypeError('a bug')),
    });
    const refusal = await network.pause('a').catch((cause: unknown) => cause);
    expect(refusal).toBeInstanceOf(UnsupportedError);
    expect(refusal).toEqual(unsupported);
    const { message, hint, supportedBy } = unsupported;
    expect(refusal).toMatchObject({ message, hint, supportedBy });
    await expect(network.kill('z')).rejects.toMatchObject({
      code: 'no_such_node',
      message: 'no z',
      hint: 'its nodes: a',
    });
    const bug = await network.stop('a').catch((cause: unknown) => cause);
    expect(bug).not.toBeInstanceOf(DevnetError);
    expect(bug).toMatchObject({ message: 'a bug' });
  });
});

describe('finding the networks of other processes', () => {
  const summary = (name: string) => ({ summary: async () => ({ name }) }) as unknown as Partial<RunningNetwork>;
  const children: ChildProcess[] = [];

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  it('finds all, or the one of a name', async () => {
    const names = [(await serve(summary('x'))).name, (await serve(summary('y'))).name];
    expect((await findServedNetworks()).networks).toMatchObject([{ name: 'x' }, { name: 'y' }]);
    expect((await findServedNetworks(names[1])).networks).toMatchObject([{ name: 'y' }]);
    expect(await findServedNetworks('none')).toEqual({ networks: [], failures: [] });
  });

  it('takes a network of a name that is served for taken', async () => {
    const network = await serve({});
    await expect(serveNetwork(network)).rejects.toMatchObject({
      code: 'name_taken',
      message: `a network "${network.name}" is running already`,
    });
  });

  it('says that a network is gone when its process has ended, and can still take it down', async () => {
    const network = await serve({});
    served.pop()?.close();
    const gone = { code: 'no_such_devnet', message: /^the network ".*" is gone: the process that ran it has ended$/ };
    await expect(network.nodes()).rejects.toMatchObject(gone);
    await expect(network.dialer.connect('127.0.0.1', 1, 100)).rejects.toMatchObject(gone);
    await expect(attachSocketNetwork(network.name)).rejects.toMatchObject(gone);
    await network.down();
    expect(await findServedNetworks(network.name)).toEqual({ networks: [], failures: [] });
  });

  it('says when a call ends because the process does', async () => {
    let end = () => {};
    const claimed = await claimFor('ends', (socket) => {
      end = () => socket.destroy();
      socket.write(`${JSON.stringify({ protocol: 'devnet-control', version: 1 })}\n`);
      socket.once('data', () => end());
    });
    await expect(attachSocketNetwork('ends')).rejects.toMatchObject({ code: 'no_such_devnet' });
    claimed.release();
  });

  it.each([
    [{ protocol: 'devnet-control', version: 2 }, /speaks version 2, this devnet version 1$/],
    [{ hello: 'world' }, /speaks something else, this devnet version 1$/],
  ])('refuses a process that greets with %j, and finds the others', async (greeting, message) => {
    const claimed = await claimFor('newer', (socket) => {
      socket.on('error', () => {}).write(`${JSON.stringify(greeting)}\n`);
    });
    await serve(summary('fine'));
    const refusal = { code: 'usage', message: expect.stringMatching(message) };
    await expect(attachSocketNetwork('newer')).rejects.toMatchObject(refusal);
    expect(await findServedNetworks()).toMatchObject({ networks: [{ name: 'fine' }], failures: [refusal] });
    claimed.release();
  });

  it('says that a process which is stopped does not answer, and takes its name for taken', async () => {
    ensureSocketFolder();
    const folder = controlSocketFolder('hung');
    mkdirSync(folder);
    const script = `require('net').createServer().listen(${JSON.stringify(join(folder, 's'))}, () => console.log('up'))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout, 'data');
    child.kill('SIGSTOP');
    const stuck = { code: 'network_stuck', message: expect.stringContaining('"hung" does not answer after 5 s') };
    const [result, taken] = await Promise.all([findServedNetworks('hung'), claimSocket(folder, () => {})]);
    expect(result).toMatchObject({ networks: [], failures: [stuck] });
    expect(taken).toBeUndefined();
  });
});

describe('a lock', () => {
  it('is held by one process, and free again when it is released', async () => {
    const release = await lockName('work');
    await expect(lockName('work')).rejects.toMatchObject({ code: 'name_taken' });
    expect((await findServedNetworks()).networks).toEqual([]);
    await release();
    await (await lockName('work'))();
  });
});

async function claimFor(name: string, onConnection: Parameters<typeof claimSocket>[1]) {
  ensureSocketFolder();
  const claimed = await claimSocket(controlSocketFolder(name), onConnection);
  return claimed!;
}
