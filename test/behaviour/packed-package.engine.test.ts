import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/paths.ts';
import { execFileSync, spawnSync } from '../support/run-sync.ts';
import { sandbox } from '../support/sandbox.ts';
import { isOffline } from '../support/tunnel-access.ts';

const box = await sandbox();
const folder = mkdtempSync(join(tmpdir(), 'devnet-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, args: string[], cwd = folder): void {
  execFileSync(program, args, { cwd, stdio: 'pipe' });
}

describe.skipIf(isOffline())('the packed package, installed in an empty project', () => {
  beforeAll(() => {
    // The programs were built before these tests; building them again would disturb other tests.
    if (!existsSync(join(root, 'dist', 'types', 'index.d.ts')))
      run('node', [join(root, 'scripts', 'build.js'), '--types']);
    run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], root);
    const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz')) as string;
    writeFileSync(join(folder, 'package.json'), '{ "name": "elsewhere", "private": true, "type": "module" }');
    run('npm', ['install', '--no-audit', '--no-fund', `./${tarball}`]);
  });

  it('has types that check without skipLibCheck', () => {
    const program = `
      import { Devnet, shapes } from 'devnet';
      import 'devnet/vitest';
      import 'devnet/node-test';
      import { mochaHooks } from 'devnet/mocha';
      await using net = await Devnet.up(shapes.ring(8));
      const { reached } = await net.gossip('n1', mochaHooks);
      // @ts-expect-error: the nodes are n1, n2, …
      await net.node('alice').send('ping', reached);`;
    const compilerOptions = {
      target: 'es2022',
      lib: ['ES2023', 'ESNext.Disposable'],
      module: 'nodenext',
      strict: true,
      skipLibCheck: false,
      noEmit: true,
    };
    writeFileSync(join(folder, 'use.ts'), program);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
    const tsc = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  it('starts the default topology with npx', async () => {
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
