import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { devnet, start } from '../../../support/cli.ts';
import { root } from '../../../support/paths.ts';
import { until } from '../../../support/until.ts';

const cwd = mkdtempSync(join(tmpdir(), 'devnet-up-'));
/** Nothing listens there: whatever works, works without an engine. */
const env = { DOCKER_HOST: 'tcp://127.0.0.1:1', XDG_RUNTIME_DIR: join(cwd, 'run') };
mkdirSync(env.XDG_RUNTIME_DIR);
const file = (name: string, yaml: string) => {
  writeFileSync(join(cwd, name), yaml);
  return name;
};
const RING = file('ring.yaml', 'nodes: { count: 4 }\nlinks: ring\n');

afterAll(() => rmSync(cwd, { recursive: true }));

describe('devnet up --engine process', () => {
  it('runs the nodes until Ctrl-C, and prints and stores their log', async () => {
    const up = start(['up', RING, '--engine', 'process'], { cwd, env });
    await up.waitForOutput(/ring is up and verified, in this process: 4 nodes, 8 of 8 links seen, in \d/);
    expect(up.stderr).toMatch(/^ring: 4 nodes, 8 links \(ring\.yaml\)\n/);
    const [, host, port] = /listening, (127\.\d+\.0\.2):(\d+) to 127\.\d+\.0\.5:\d+/.exec(up.stderr) ?? [];
    const node = connect({ host: host as string, port: Number(port) });
    node.write('{"message_type":"gossip","payload":{"id":"news"}}\n');
    await up.waitForOutput(/n3 +gossip_received id=news from=n\d hops=2/);
    const gone = once(node, 'close');
    up.child.kill('SIGINT');
    const { status, stdout, stderr } = await up.finished;
    await gone;
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('✔ ring is down: 4 nodes removed in');
    expect(stdout).toMatch(/n1 +link_up peer=n2/);
    const kept = readFileSync(join(cwd, '.devnet', 'ring', 'log.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const entries = kept.map((line) => JSON.parse(line) as { event: string; nodes?: unknown[] });
    expect(entries[0]).toMatchObject({
      event: 'up',
      nodes: [{ name: 'n1', address: host, port: Number(port) }, {}, {}, {}],
    });
    expect(entries.filter(({ event }) => event === 'gossip_received')).toHaveLength(4);
  });

  it('only prints its log where the log file cannot be written, and names the file', async () => {
    mkdirSync(join(cwd, '.devnet', 'unlogged', 'log.jsonl'), { recursive: true });
    const up = start(['up', RING, '--engine', 'process', '--name', 'unlogged'], { cwd, env });
    await up.waitForOutput(/n4 +link_up peer=n1/);
    up.child.kill('SIGINT');
    const { status, stderr } = await up.finished;
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(
      /^unlogged: .*\n! cannot write \.devnet\/unlogged\/log\.jsonl: it is a folder; the log is only printed\n/,
    );
    expect(stderr).toContain('\n  Ctrl-C removes the network\n');
    expect(stderr).toContain('✔ unlogged is down: 4 nodes removed in');
  });

  it('does not start in a folder that cannot be written', async () => {
    const folder = join(cwd, 'unwritable');
    mkdirSync(folder);
    writeFileSync(join(folder, '.devnet'), '');
    expect(await devnet(['up', join(cwd, RING), '--engine', 'process'], { cwd: folder, env })).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^ring: .*\ndevnet: cannot write \.devnet\/ring: a part of its path is a file\n {2}→ run the command in a folder that you can write to.*\n$/,
      ),
    });
  });

  it('goes on where standard output cannot be written, and says so', async () => {
    const full = openSync('/dev/full', 'w');
    const up = spawn(
      process.execPath,
      [join(root, 'dist', 'cli.js'), 'up', RING, '--engine', 'process', '--name', 'unread'],
      {
        cwd,
        env: { ...process.env, ...env },
        stdio: ['ignore', full, 'pipe'],
      },
    );
    closeSync(full);
    let stderr = '';
    up.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const log = join(cwd, '.devnet', 'unread', 'log.jsonl');
    await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('link_up'), 'the log');
    up.kill('SIGINT');
    const [status] = await once(up, 'close');
    expect(stderr).toMatch(
      /\ndevnet: cannot write standard output: no space left on device\n(?:.*\n)*✔ unread is down/,
    );
    expect(status).toBe(1);
  });

  it('prints its log as JSON, under another name', async () => {
    const up = start(['up', RING, '--engine', 'process', '--json', '--name', 'other'], { cwd, env });
    await up.waitForOutput('"event":"link_up"');
    up.child.kill('SIGTERM');
    const { stdout, stderr } = await up.finished;
    expect(stderr).toContain('other is down');
    for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('event');
    expect(existsSync(join(cwd, '.devnet', 'other', 'log.jsonl'))).toBe(true);
  });

  it.each([
    ['--detach', [RING, '--detach']],
    ['--keep', [RING, '--keep']],
    ['image my-node of a', [file('image.yaml', 'nodes: { a: { image: my-node } }\n')]],
    ['link conditions', [file('slow.yaml', 'nodes: [a, b]\nlinks: { link: a -> b, delay: 5ms }\n')]],
  ])('refuses what it cannot do, by name: %s', async (what, args) => {
    const { status, stderr } = await devnet(['up', '--engine', 'process', ...args], { cwd, env });
    expect(status).toBe(2);
    expect(stderr).toContain(`devnet: the process runtime does not support: ${what}\n`);
    expect(stderr).toContain('→ the containers runtime does: --engine containers');
  });

  it('writes a dump before it ends, and when it fails', async () => {
    const up = start(['up', RING, '--engine', 'process', '--name', 'dumped', '--dump'], { cwd, env });
    await up.waitForOutput(/is up and verified/);
    up.child.kill('SIGINT');
    const { status, stderr } = await up.finished;
    expect(status, stderr).toBe(0);
    const folder = /^artifacts: (.*)$/m.exec(stderr)?.[1] as string;
    expect(JSON.parse(readFileSync(join(cwd, folder, 'status.json'), 'utf8')).nodes).toHaveLength(4);
    expect(readFileSync(join(cwd, folder, 'log.jsonl'), 'utf8')).toContain('"event":"link_up"');
    const broken = file('broken-dump.yaml', 'nodes: { a: { env: { DEVNET_MAX_PEERS: none } } }\n');
    const failed = await devnet(['up', broken, '--engine', 'process', '--dump'], { cwd, env });
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(/^artifacts: \.devnet/m);
  });

  it('names a node that cannot start', async () => {
    const broken = file('broken.yaml', 'nodes: { a: { env: { DEVNET_MAX_PEERS: none } } }\n');
    const { status, stderr } = await devnet(['up', broken, '--engine', 'process'], { cwd, env });
    expect(status).toBe(1);
    expect(stderr).toMatch(/devnet: a cannot start: .*DEVNET_MAX_PEERS/);
  });

  it('ends in order when its reader goes away', async () => {
    const cli = join(root, 'dist', 'cli.js');
    const command = `set -o pipefail; "${process.execPath}" "${cli}" up ${RING} --engine process 2>&1 | head -n 2`;
    const piped = spawn('bash', ['-c', command], { cwd, env: { ...process.env, ...env } });
    let [stdout, stderr] = ['', ''];
    piped.stdout.on('data', (text) => {
      stdout += text;
    });
    piped.stderr.on('data', (text) => {
      stderr += text;
    });
    const ended = once(piped, 'close');
    // Who writes to a pipe learns at the next line that nobody reads: the nodes are given something to log.
    let said = 0;
    const saying = setInterval(() => {
      const [, host, port] = /listening, (127\.\d+\.0\.2):(\d+) to/.exec(stdout) ?? [];
      if (host === undefined) return;
      const node = connect({ host, port: Number(port) }).on('error', () => {});
      node.end(`{"message_type":"gossip","payload":{"id":"${++said}"}}\n`);
    }, 50);
    const [status] = await ended;
    clearInterval(saying);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^ring: 4 nodes, 8 links \(ring\.yaml\)\n.*listening/);
  });
});

describe('a network of devnet up --engine process, from another terminal', () => {
  const run = async (...args: string[]) => {
    const { status, stdout, stderr } = await devnet(args, { cwd, env });
    return { status, stdout, stderr };
  };

  async function up(name: string, ...options: string[]) {
    const command = start(['up', RING, '--engine', 'process', '--name', name, ...options], { cwd, env });
    await command.waitForOutput('the log is also in');
    return command;
  }

  it('is listed, inspected, dumped, broken, healed and taken down', async () => {
    const command = await up('served');
    const other = await up('second');
    expect((await run('ls')).stdout).toMatch(/^served +4 of 4 running +8 +127\.\d+\.0\.0\/16 +process /m);
    expect((await run('ls')).stderr).toContain('! not all networks are listed: no container engine answers');
    expect(JSON.parse((await run('ls', '--json')).stdout)).toMatchObject([
      { name: 'second' },
      { name: 'served', runtime: 'process', nodes: 4, running: 4, links: 8 },
    ]);
    expect((await run('status')).stderr).toContain('several networks are running: second, served');
    other.child.kill('SIGINT');
    await other.finished;

    expect((await run('status')).stdout).toMatch(/^served: 4 nodes, 8 links, [\s\S]*✔ no drift/);
    expect(JSON.parse((await run('send', 'n1', 'ping', 'hello', '--json')).stdout)).toEqual({
      message_type: 'pong',
      payload: 'hello',
    });
    expect((await run('spec', '--node', 'n1', '1.1')).status).toBe(0);
    expect(await run('kill', 'n2')).toMatchObject({ status: 0, stderr: expect.stringContaining('kill n2') });
    expect((await run('status', 'served')).stdout).toContain('down: n2');
    const { stdout: dumped } = await run('dump', 'served');
    const folder = join(cwd, dumped.split(':', 1)[0] as string);
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining(['graph-actual.svg', 'log.jsonl', 'plan.json', 'status.json', 'topology.json']),
    );
    expect(JSON.parse(readFileSync(join(folder, 'status.json'), 'utf8')).drift.down).toEqual(['n2']);
    expect(readFileSync(join(folder, 'logs', 'devnet.jsonl'), 'utf8')).toContain('"node_ended"');
    expect(await run('heal')).toMatchObject({ status: 0, stderr: 'healed: n2\n' });
    expect((await run('logs', '--event', 'listening', '--json')).stdout.trimEnd().split('\n')).toHaveLength(5);
    expect(JSON.parse((await run('graph', '--actual', '--json')).stdout)).toMatchObject({ name: 'served' });
    expect((await run('complete', 'down', '')).stdout).toBe('served\n');

    expect((await run('down')).stdout).toMatch(/^✔ served is down: 4 nodes removed/);
    const { status, stderr } = await command.finished;
    expect({ status, stderr }).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('served was removed elsewhere'),
    });
    expect(readdirSync(join(env.XDG_RUNTIME_DIR, 'devnet'))).toEqual([]);
  });

  it('is refused what the runtime cannot do, by name', async () => {
    const command = await up('served');
    for (const [feature, ...args] of [
      ['exec', 'exec', 'n1', '--', 'ls'],
      ['pause', 'pause', 'n1'],
      ['partition', 'partition', 'halves'],
      ['link conditions', 'link', 'n1', 'n2', '--delay', '5ms'],
      ['measuring links', 'measure'],
      ['resource usage of each node', 'top'],
    ]) {
      const { status, stderr } = await run(...(args as string[]));
      expect(stderr).toContain(`the process runtime does not support: ${feature}\n`);
      expect(status).toBe(2);
    }
    command.child.kill('SIGINT');
    await command.finished;
  });

  it('keeps its name, and gives it up even when it is killed', async () => {
    const command = await up('served');
    const second = await run('up', RING, '--engine', 'process', '--name', 'served');
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(
      'devnet: a network "served" is running already\n  → devnet down served removes it; --name starts another one beside it',
    );
    command.child.kill('SIGKILL');
    await command.finished;
    expect(readdirSync(join(env.XDG_RUNTIME_DIR, 'devnet'))).toEqual(['served']);
    const third = await up('served');
    third.child.kill('SIGKILL');
    await third.finished;
    expect((await run('ls')).stdout).not.toContain('served');
    expect((await run('status', 'served')).stderr).toMatch(/^devnet: no container engine answers/);
    expect(readdirSync(join(env.XDG_RUNTIME_DIR, 'devnet'))).toEqual([]);
  });

  it('is used by devnet run, which leaves it running', async () => {
    const command = await up('ring');
    const scenario = file(
      'scenario.yaml',
      `topology: ${RING}\nscenario:\n  - gossip: n1\n  - expect: gossip from n1 reaches all within 5s\n`,
    );
    const { status, stdout, stderr } = await run('run', scenario, '--engine', 'process');
    expect(status, stdout + stderr).toBe(0);
    expect((await run('ls')).stdout).toContain('ring');
    command.child.kill('SIGINT');
    await command.finished;
  });

  it('is not started in a folder that is open to others, and other commands say so', async () => {
    const open = { ...env, XDG_RUNTIME_DIR: join(cwd, 'open') };
    mkdirSync(join(open.XDG_RUNTIME_DIR, 'devnet'), { recursive: true });
    chmodSync(join(open.XDG_RUNTIME_DIR, 'devnet'), 0o755);
    for (const args of [['up', RING, '--engine', 'process'], ['ls']]) {
      const { status, stderr } = await devnet(args, { cwd, env: open });
      expect(status).toBe(1);
      expect(stderr).toMatch(/is open to others: its mode is 0755, not 0700\n {2}→ chmod 700 .*open\/devnet\n/);
    }
  });
});
