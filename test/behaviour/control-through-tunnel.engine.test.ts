import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createDialer } from '../../src/controller/peers/container-dialer.ts';
import { isOnBridge } from '../../src/controller/peers/node-route.ts';
import { killContainer, pauseContainer } from '../../src/engine/container-lifecycle.ts';
import { removeContainer } from '../../src/engine/containers.ts';
import { NO_DRIFT } from '../../src/network/links/drift.ts';
import { root } from '../support/paths.ts';
import { spawnSync } from '../support/run-sync.ts';
import { sandbox } from '../support/sandbox.ts';
import { until } from '../support/until.ts';

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

  it('reaches a network that was brought up without a tunnel', async () => {
    const { devnet } = await box.up('nodes: [a]');
    expect(remotely('send', 'a', 'ping', '7', '--name', devnet.name, '--json').stdout).toContain('pong');
    expect(remotely('down', devnet.name).status).toBe(0);
    expect(await box.observe(devnet.name)).toBeUndefined();
  });

  it('starts the tunnel again when it ended, as after a restart of the engine, was removed or paused', async () => {
    const name = box.name();
    expect(remotely('up', file('nodes: [a, b]\nlinks: line'), '--name', name, '-d').status).toBe(0);
    const send = (node: string) =>
      promisify(execFile)('unshare', [
        '--net',
        process.execPath,
        cli,
        'send',
        node,
        'ping',
        '7',
        '--name',
        name,
        '--json',
      ]);
    for (const harm of [killContainer, removeContainer, pauseContainer]) {
      await harm(box.engine, (await box.observe(name))?.tunnelId as string, 'the tunnel');
      // Two at once: both find it gone, and one of them starts it.
      for (const { stdout } of await Promise.all(['a', 'b'].map(send))) expect(stdout).toContain('pong');
    }
    const status = remotely('status', name, '--json');
    expect(JSON.parse(status.stdout).drift).toEqual(NO_DRIFT);
    expect(remotely('down', name).status).toBe(0);
    expect(await box.observe(name)).toBeUndefined();
  });

  it('dials through the tunnel where only the addresses are local, and through a new one when a process outlives the one before', async () => {
    // The bridge of a closed network has no address: only an open one is dialed directly, where the bridge is on this machine.
    const { devnet } = await box.up('internal: false\nnodes: [a]');
    const isHere = readFileSync('/proc/net/dev', 'utf8').includes(`${devnet.network!.bridge}:`);
    expect(isOnBridge(devnet.network!)).toBe(isHere);
    // As for a network that another engine gave the same addresses: this machine has its gateway's address, and not its bridge.
    const dialer = createDialer(box.engine, { ...devnet, network: { ...devnet.network!, bridge: 'br-ffffffffffff' } });
    const dial = async () => (await dialer.connect(devnet.nodes[0]!.address, 3000, 5_000)).destroy();
    await dial();
    const tunnel = (await box.observe(devnet.name))?.tunnelId as string;
    expect(tunnel).toBeDefined();
    await removeContainer(box.engine, tunnel);
    // The stream of the program in it ends a moment later.
    await until(
      () =>
        dial().then(
          () => true,
          () => false,
        ),
      'a dial through a new tunnel',
    );
    expect((await box.observe(devnet.name))?.tunnelId).not.toBe(tunnel);
    dialer.close();
  });
});
