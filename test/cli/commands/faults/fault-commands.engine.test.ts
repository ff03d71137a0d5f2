import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { devnet, start } from '../../../support/cli.ts';
import { sandbox } from '../../../support/sandbox.ts';
import { until } from '../../../support/until.ts';

const box = await sandbox();
const cwd = mkdtempSync(join(tmpdir(), 'devnet-faults-'));

describe('the fault commands', async () => {
  const name = box.name();
  const file = join(cwd, 'net.yaml');
  writeFileSync(
    file,
    'nodes: [a, b, c]\ngroups: { rest: [b, c] }\nlinks:\n  - { link: a <-> b, loss: 5% }\n  - b <-> c',
  );
  const up = await devnet(['up', file, '--name', name, '-d'], { cwd });
  const run = (...args: string[]) => devnet([...args, '--name', name], { cwd });

  it('link lists conditions, changes them, and clears them', async () => {
    expect(up.status, up.stderr).toBe(0);
    expect((await run('link')).stdout).toBe('a -> b  loss 5%\nb -> a  loss 5%\nb -> c  -\nc -> b  -\n');
    const changed = await run('link', 'b', 'c', '--loss', '10%', '--one-way');
    expect(changed.status, changed.stderr).toBe(0);
    expect(changed.stderr).toContain('link b -> c: loss 10%');
    await run('link', 'a', 'b', '--rate', '1mbit');
    const rows = JSON.parse((await run('link', '--json')).stdout);
    expect(rows).toEqual([
      { from: 'a', to: 'b', rate: 1_000_000 },
      { from: 'b', to: 'a', rate: 1_000_000 },
      { from: 'b', to: 'c', loss: 0.1 },
      { from: 'c', to: 'b' },
    ]);
    expect((await run('link', 'a', 'b', '--clear')).status).toBe(0);
    expect((await run('link', 'b', 'c', '--clear')).status).toBe(0);
    expect((await run('link')).stdout).toBe('a -> b  loss 5%\nb -> a  loss 5%\nb -> c  -\nc -> b  -\n');
  });

  it('heal names the links that it reset', async () => {
    await run('link', 'b', 'c', '--loss', '10%');
    expect((await run('heal')).stderr).toBe('reset to declared: b <-> c\n');
    expect((await run('heal')).stderr).toBe('nothing to heal\n');
  });

  it('refuse wrong arguments, with what to do', async () => {
    const refused = async (...args: string[]) => {
      const { status, stderr } = await run(...args);
      return `${status}: ${stderr}`;
    };
    expect(await refused('link', 'a')).toMatch(/^2: .*a link has two ends/);
    expect(await refused('link', 'a', 'b')).toMatch(/^2: .*give either conditions to set or --clear/);
    expect(await refused('link', 'a', 'b', '--delay', '50')).toMatch(/^2: .*a time with its unit/s);
    expect(await refused('link', 'a', 'b', '--jitter', '5ms')).toMatch(/^2: .*goes below 0/);
    expect(await refused('link', 'a', 'z', '--loss', '1%')).toMatch(/^1: .*no node "z"/s);
    expect(await refused('partition', 'a')).toMatch(/^2: .*neither groups of nodes nor a preset/);
    expect(await refused('partition', 'a', '/', 'a,b')).toMatch(/^2: .*a is on both sides/);
    expect(await refused('partition', 'majorities-ring')).toMatch(/^2: .*needs 4 nodes/);
    expect(await refused('squeeze', 'a')).toMatch(/^2: .*nothing to limit/);
    expect(await refused('heal', 'z')).toMatch(/^1: .*no fault and no node "z"/);
  });

  it('partition cuts groups until it is healed, or until --for has passed', async () => {
    const cut = await run('partition', 'a', '/', 'rest', '--as', 'split');
    expect(cut.stderr).toContain('to heal it: devnet heal split');
    expect((await run('link')).stdout).toContain('a -> b  cut (split), loss 5%');
    expect((await run('heal', 'split')).stderr).toBe('healed: split\n');
    expect((await run('link')).stdout).not.toContain('cut');
    const short = start(['cut', 'b', 'c', '--for', '60s', '--as', 'short', '--name', name], { cwd });
    await short.waitForOutput('for 1 min');
    expect((await run('link')).stdout).toContain('b -> c  cut (short)');
    short.child.kill('SIGINT');
    const { status, stderr } = await short.finished;
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('healed: short');
    expect((await run('link')).stdout).not.toContain('cut');
  });

  it('are logged with the nodes that they concern, and on their own', async () => {
    const faultsOf = async (...words: string[]) => {
      const { status, stdout, stderr } = await run('logs', ...words, '--event', 'fault_injected', '--json');
      expect(status, stderr).toBe(0);
      return stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).fault);
    };
    expect(await faultsOf('a')).toEqual(['split', 'split']);
    expect(await faultsOf('a', 'c')).toEqual(['split', 'split', 'short', 'short']);
    // The last lines of the agent are about b and c; those about a are two that were injected and two that were healed.
    expect(await faultsOf('a', '--tail', '4')).toEqual(['split', 'split']);
    expect(await faultsOf('a', '--tail', '2')).toEqual([]);
    expect(await faultsOf('devnet')).toEqual(['split', 'split', 'short', 'short']);
    expect(await faultsOf(`${name}/.devnet`)).toEqual(['split', 'split', 'short', 'short']);
    const own = (await run('logs', 'devnet')).stdout.trimEnd().split('\n');
    for (const line of own) expect(line).toMatch(/^[\d:.]{12} devnet /);
  });

  it('a killed node comes back with its peers', async () => {
    expect((await run('kill', 'b')).status).toBe(0);
    expect((await devnet(['status', name], { cwd })).status).toBe(1);
    expect((await run('heal')).stderr).toBe('healed: b\n');
    expect((await run('heal', 'b')).stderr).toBe('nothing to heal\n');
    await until(async () => (await devnet(['status', name], { cwd })).status, 'status to be 0', {
      accept: (status) => status === 0,
      timeoutMs: 60_000,
    });
  });

  it('dump writes every file', async () => {
    const folder = join(cwd, 'dump');
    const { status, stdout, stderr } = await devnet(['dump', name, '-o', folder], { cwd });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/: \d+ files\n$/);
    expect(readdirSync(folder).sort()).toEqual([
      'graph-actual.svg',
      'graph-declared.svg',
      'links.json',
      'log.jsonl',
      'logs',
      'plan.json',
      'recording.jsonl',
      'replay.html',
      'status.json',
      'topology.json',
      'versions.json',
    ]);
    expect(readdirSync(join(folder, 'logs')).sort()).toEqual(['a.jsonl', 'b.jsonl', 'c.jsonl', 'devnet.jsonl']);
    const read = (file: string) => readFileSync(join(folder, file), 'utf8');
    expect(JSON.parse(read('status.json')).nodes).toHaveLength(3);
    expect(read('graph-actual.svg')).toMatch(/^<svg/);
    const events = read('log.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).event);
    expect(events).toEqual(expect.arrayContaining(['listening', 'fault_injected', 'fault_healed']));
  });
});
