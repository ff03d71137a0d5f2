import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { devnet, type RunningCommand, start } from '../support/cli.ts';

const cwd = mkdtempSync(join(tmpdir(), 'devnet-terminal-'));
/** Nothing listens there: whatever works, works without an engine. */
const env = { DOCKER_HOST: 'tcp://127.0.0.1:1', XDG_RUNTIME_DIR: join(cwd, 'run') };
mkdirSync(env.XDG_RUNTIME_DIR);
const file = (name: string, yaml: string) => {
  writeFileSync(join(cwd, name), yaml);
  return name;
};
const RING = file('ring.yaml', 'nodes: { count: 4 }\nlinks: ring\n');

const running: RunningCommand[] = [];

afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ finished }) => finished));
});
afterAll(() => rmSync(cwd, { recursive: true }));

describe('a network of devnet up --engine process, from another terminal', () => {
  const run = async (...args: string[]) => {
    const { status, stdout, stderr } = await devnet(args, { cwd, env });
    return { status, stdout, stderr };
  };

  async function up(name: string, ...options: string[]) {
    const command = start(['up', RING, '--engine', 'process', '--name', name, ...options], { cwd, env });
    running.push(command);
    await command.waitForOutput('the log is also in');
    return command;
  }

  it('is listed, inspected, dumped, broken, healed and taken down', async () => {
    const command = await up('served');
    const other = await up('second');
    expect((await run('ls')).stdout).toMatch(/^served +4 of 4 running +8 +- +127\.\d+\.0\.0\/16 +process /m);
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
      ['partitions and cuts', 'partition', 'halves'],
      ['partitions and cuts', 'cut', 'n1', 'n2'],
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
    expect((await run('status', 'served')).stderr).toMatch(
      /^devnet: no process of yours runs a network "served", and no container engine answers \(tcp/,
    );
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
