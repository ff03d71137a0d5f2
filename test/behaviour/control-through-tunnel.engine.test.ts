import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/paths.ts';
import { sandbox } from '../support/sandbox.ts';

const box = await sandbox();
const cli = join(root, 'dist', 'cli.js');
const folder = mkdtempSync(join(tmpdir(), 'devnet-relay-'));
const canUnshare = spawnSync('unshare', ['--net', 'true']).status === 0;
if (!canUnshare)
  console.log('not tested here: a controller in a network namespace of its own, for it takes root and unshare(1)');

/** The controller where Docker Desktop and a remote DOCKER_HOST put it: with the engine's socket and no network at all. */
const away = (...args: string[]) =>
  spawnSync('unshare', ['--net', process.execPath, cli, ...args], { encoding: 'utf8', cwd: folder });
const file = (yaml: string) => {
  const path = join(folder, `${box.name()}.yaml`);
  writeFileSync(path, yaml);
  return path;
};

describe.runIf(canUnshare)('a controller that is not on the nodes’ machine', () => {
  it('brings a devnet up, asks it, changes it and takes it down, through a relay', async () => {
    const name = box.name();
    const up = away('up', file('nodes: { count: 6 }\nlinks: { shape: regular, degree: 4 }'), '--name', name, '-d');
    expect(up.stderr).toContain(`${name} is up and verified: 6 nodes, 24 of 24 links seen`);
    expect((await box.observe(name))?.tunnelId).toBeDefined();

    const status = away('status', name, '--json');
    expect(JSON.parse(status.stdout).links.filter(({ state }: { state: string }) => state === 'up')).toHaveLength(24);
    expect(JSON.parse(away('send', 'n1', 'ping', '7', '--name', name, '--json').stdout)).toEqual({
      message_type: 'pong',
      payload: 7,
    });

    const changed = away('up', file('nodes: { count: 7 }\nlinks: ring'), '--name', name, '-d');
    expect(changed.stderr).toContain(`${name} is up and verified: 7 nodes, 14 of 14 links seen`);
    expect(away('down', name).status).toBe(0);
    expect(await box.observe(name)).toBeUndefined();
  });

  it('hears of a node that refuses, dies or never listens, as it would on the spot', async () => {
    const missing = away(
      'up',
      file('nodes: { a: { port: 3000, env: { DEVNET_PORT: 4000 } } }'),
      '--name',
      box.name(),
      '--timeout',
      '1',
    );
    expect(missing.stderr).toMatch(/a runs, but nothing listens on its port 3000 after 1 s/);
    const dead = away('up', file('nodes: { a: { env: { DEVNET_MAX_PEERS: none } } }'), '--name', box.name());
    expect(dead.stderr).toMatch(/a ended with exit code 1; its last lines:\n.*DEVNET_MAX_PEERS is "none"/);
  });

  it('can take down what was brought up on the spot, and says that it cannot ask it', async ({ skip }) => {
    const { devnet } = await box.up('nodes: [a]');
    skip(devnet.tunnelId !== undefined, 'this test is not on the spot itself');
    const status = away('status', devnet.name);
    expect(status.stderr).toContain("this machine is not on the devnet's network");
    expect(away('down', devnet.name).status).toBe(0);
    expect(await box.observe(devnet.name)).toBeUndefined();
  });
});
