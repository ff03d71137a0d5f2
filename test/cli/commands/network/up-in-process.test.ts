import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { devnet, start } from '../../../support/cli.ts';
import { root } from '../../../support/paths.ts';
import { until } from '../../../support/until.ts';

const cwd = mkdtempSync(join(tmpdir(), 'devnet-up-'));
/** Nothing listens there: whatever works, works without an engine. */
const env = { DOCKER_HOST: 'tcp://127.0.0.1:1' };
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
