import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/paths.ts';
import { sandbox } from '../support/sandbox.ts';

const box = await sandbox();
const cli = join(root, 'dist', 'cli.js');
const folder = mkdtempSync(join(tmpdir(), 'devnet-tunnel-'));
const canUnshare = spawnSync('unshare', ['--net', 'true']).status === 0;
if (!canUnshare) console.log('skipped: a controller in its own network namespace needs root and unshare(1)');

/** Runs the controller as Docker Desktop or a remote DOCKER_HOST does: with the engine's socket, but without its networks. */
const remotely = (...args: string[]) =>
  spawnSync('unshare', ['--net', process.execPath, cli, ...args], { encoding: 'utf8', cwd: folder });
const file = (yaml: string) => {
  const path = join(folder, `${box.name()}.yaml`);
  writeFileSync(path, yaml);
  return path;
};

describe.runIf(canUnshare)('a controller outside the networks of the engine', () => {
  it('starts a network, queries it, changes it and removes it through the tunnel', async () => {
    const name = box.name();
    const up = remotely('up', file('nodes: { count: 6 }\nlinks: { shape: regular, degree: 4 }'), '--name', name, '-d');
    expect(up.stderr).toContain(`${name} is up and verified: 6 nodes, 24 of 24 links seen`);
    expect((await box.observe(name))?.tunnelId).toBeDefined();

    const status = remotely('status', name, '--json');
    expect(JSON.parse(status.stdout).links.filter(({ state }: { state: string }) => state === 'up')).toHaveLength(24);
    expect(JSON.parse(remotely('send', 'n1', 'ping', '7', '--name', name, '--json').stdout)).toEqual({
      message_type: 'pong',
      payload: 7,
    });

    const changed = remotely('up', file('nodes: { count: 7 }\nlinks: ring'), '--name', name, '-d');
    expect(changed.stderr).toContain(`${name} is up and verified: 7 nodes, 14 of 14 links seen`);
    expect(remotely('down', name).status).toBe(0);
    expect(await box.observe(name)).toBeUndefined();
  });

  it('reports a node that dies or never listens, as it does without a tunnel', async () => {
    const missing = remotely(
      'up',
      file('nodes: { a: { port: 3000, env: { DEVNET_PORT: 4000 } } }'),
      '--name',
      box.name(),
      '--timeout',
      '1',
    );
    expect(missing.stderr).toMatch(/a runs, but nothing listens on its port 3000 after 1 s/);
    const dead = remotely('up', file('nodes: { a: { env: { DEVNET_MAX_PEERS: none } } }'), '--name', box.name());
    expect(dead.stderr).toMatch(/a ended with exit code 1; its last lines:\n.*DEVNET_MAX_PEERS is "none"/);
  });

  it('removes a network without a tunnel, and reports that it cannot query it', async ({ skip }) => {
    const { devnet } = await box.up('nodes: [a]');
    skip(devnet.tunnelId !== undefined, 'this test needs the tunnel itself');
    const status = remotely('status', devnet.name);
    expect(status.stderr).toContain("this machine is not on the devnet's network");
    expect(remotely('down', devnet.name).status).toBe(0);
    expect(await box.observe(devnet.name)).toBeUndefined();
  });
});
