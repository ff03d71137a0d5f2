import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../support/paths.ts';
import { sandbox } from '../support/sandbox.ts';
import { isOffline } from '../support/tunnel-access.ts';

const box = await sandbox();
const folder = mkdtempSync(join(tmpdir(), 'devnet-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the packed package', () => {
  it.skipIf(isOffline())('starts the default topology with npx after npm install in an empty project', async () => {
    // The programs were built before these tests; building them again would disturb other tests.
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root, stdio: 'pipe' });
    const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz')) as string;
    writeFileSync(join(folder, 'package.json'), '{ "name": "elsewhere", "private": true }');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', `./${tarball}`], { cwd: folder, stdio: 'pipe' });
    const name = box.name();
    const npx = (...args: string[]) => spawnSync('npx', ['devnet', ...args], { cwd: folder, encoding: 'utf8' });
    const up = npx('up', '-d', '--name', name);
    expect(up.stderr).toContain(`${name} is up and verified: 8 nodes, 20 of 20 links seen`);
    expect(up.status).toBe(0);
    expect(npx('down', name).status).toBe(0);
    expect(await box.observe(name)).toBeUndefined();
  });
});

describe('docker/engine', () => {
  const engine = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    spawnSync(join(root, 'docker', 'engine'), args, { encoding: 'utf8', env: { ...process.env, ...env } });

  it('does nothing when an engine answers', () => {
    const { status, stdout } = engine(['up']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^engine: Docker Engine \S+ \(API [\d.]+\) answers already\n$/);
  });

  it('finds the engine without a docker client', () => {
    const bin = mkdtempSync(join(folder, 'bin-'));
    for (const tool of ['bash', 'env', 'node', 'sed', 'id', 'uname', 'cat']) {
      execFileSync('ln', ['-s', execFileSync('which', [tool], { encoding: 'utf8' }).trim(), join(bin, tool)]);
    }
    expect(engine(['status'], { PATH: bin })).toMatchObject({ status: 0, stdout: expect.stringContaining('answers') });
  });

  it('does not start an engine when DOCKER_HOST names another one', () => {
    const { status, stderr } = engine(['up'], { DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /no engine answers at DOCKER_HOST=unix:\/\/\/nowhere\/docker\.sock\n {2}start the engine there/,
    );
  });

  it('prints its usage', () => {
    expect(engine([])).toMatchObject({ status: 2, stdout: expect.stringContaining('docker/engine up') });
  });
});
