import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine, type Engine } from '../../src/engine/connection/engine.ts';
import { ensureBaseImage } from '../../src/engine/images/base-image.ts';
import { type EngineNetwork, listNetworks } from '../../src/engine/networks.ts';
import { buildComposeFile } from '../../src/export/compose.ts';
import { findDrift, hasNoDrift } from '../../src/network/links/drift.ts';
import { namesByAddress } from '../../src/network/node-names.ts';
import { readNodeReports } from '../../src/network/node-reports.ts';
import { onPodman } from '../support/on-podman.ts';
import { spawnSync } from '../support/run-sync.ts';
import { withDialer } from '../support/tunnel-access.ts';
import { until } from '../support/until.ts';
import { root, topologyFile } from './fixtures.ts';

const absent = spawnSync('docker-compose', ['version']).error !== undefined;
if (absent) console.warn('SKIPPED: docker-compose is not installed (Debian: apt-get install docker-compose)');

describe.skipIf(absent)('compose.yaml, run by docker-compose without a registry', () => {
  const project = `t-${randomBytes(4).toString('hex')}`;
  const image = `devnet-node:${project}`;
  const label = `com.docker.compose.project=${project}`;
  const folder = join(tmpdir(), `devnet-compose-${project}`);
  let engine: Engine;
  let base: string;

  beforeAll(async () => {
    engine = await connectEngine();
    base = (await ensureBaseImage(engine)).reference;
    // Only what the build needs, so that this test notices when it needs more.
    const programs = readdirSync(join(root, 'dist')).filter((file) => file.endsWith('.cjs'));
    for (const path of ['compose.yaml', 'Dockerfile', '.dockerignore', ...programs.map((file) => join('dist', file))])
      cpSync(join(root, path), join(folder, path));
  });

  const compose = (...args: string[]) =>
    new Promise<{ status: number | null; text: string }>((resolve) => {
      const env = { ...process.env, DEVNET_BASE: base, DEVNET_IMAGE: image, COMPOSE_PROJECT_NAME: project };
      const child = execFile(
        'docker-compose',
        ['-f', 'compose.yaml', ...args],
        { cwd: folder, env },
        (_, stdout, stderr) => resolve({ status: child.exitCode, text: `${stdout}${stderr}` }),
      );
    });
  const containers = (...labels: string[]) =>
    engine.docker.listContainers({ all: true, filters: { label: [label, ...labels] } });
  const networks = () => engine.docker.listNetworks({ filters: { label: [label] } });
  const seeded = () =>
    until(() => containers('com.docker.compose.service=seed'), 'the seeder to exit', {
      accept: ([seed]) => seed?.State === 'exited',
      timeoutMs: 60_000,
    });

  afterAll(async () => {
    await compose('down', '--volumes');
    await engine.docker
      .getImage(image)
      .remove()
      .catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  });

  const topology = topologyFile('devnet/default.yaml', 'default');
  const { services } = buildComposeFile(topology);
  const nodes = topology.nodes.map(({ name, port }) => {
    return { name, state: 'running' as const, host: services.get(name)?.networks.devnet?.ipv4_address as string, port };
  });
  const network = { addresses: new Map(nodes.map(({ name, host, port }) => [name, { host, port }])) };

  /** Returns the drift; undefined until every node answers, which one that is still starting does not. */
  async function drift() {
    const [bridge] = await listNetworks(engine, label);
    const reports = await withDialer(engine, project, bridge as EngineNetwork, (dialer) =>
      readNodeReports({ ...network, dialer }, nodes),
    );
    return reports.every(({ source: by }) => by === 'get_status')
      ? findDrift(topology.links, namesByAddress(network), reports)
      : undefined;
  }

  it('builds the image, starts the nodes, and seeds all links', async () => {
    const { status, text } = await compose('up', '-d');
    expect(status, text).toBe(0);
    const [seed] = await seeded();
    const logs = (await compose('logs', '--no-color', '--no-log-prefix', 'seed')).text;
    expect(seed?.Status, logs).toMatch(/^Exited \(0\)/);
    for (const { from, to } of topology.links) expect(logs).toContain(`${from} -> ${to}: seeded\n`);
    expect(logs).toContain('20 of 20 links seeded');
    expect(logs).not.toContain('not seeded');
  });

  it('has exactly the declared links, as the nodes report them', async () => {
    await until(drift, 'no drift', { accept: (found) => found !== undefined && hasNoDrift(found), timeoutMs: 20_000 });
  });

  it.skipIf(onPodman)('is restricted: no way out, no root, no capabilities, read-only', async () => {
    const [network, ...others] = await networks();
    expect(others).toEqual([]);
    expect(network?.Internal).toBe(true);
    const all = await containers();
    expect(all).toHaveLength(topology.nodes.length + 1);
    for (const { Id } of all) {
      const { HostConfig, Config } = await engine.docker.getContainer(Id).inspect();
      expect(HostConfig).toMatchObject({
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        Privileged: false,
        PidsLimit: 64,
        Memory: 128 * 1024 * 1024,
        MemorySwap: 128 * 1024 * 1024,
      });
      expect(HostConfig.CapAdd ?? []).toEqual([]);
      expect(HostConfig.SecurityOpt).toEqual(['no-new-privileges:true']);
      expect(Config.User).toBe('1000:1000');
    }
  });

  it.skipIf(onPodman)('restores the peers of a restarted node when the seeder runs again', async () => {
    await compose('restart', 'n1');
    await until(drift, 'drift', { accept: (found) => found !== undefined && !hasNoDrift(found), timeoutMs: 20_000 });
    const { status, text } = await compose('up', '--no-color', 'seed');
    expect(status, text).toBe(0);
    expect(text.match(/20 of 20 links seeded/g)).toHaveLength(1);
    await until(drift, 'no drift', { accept: (found) => found !== undefined && hasNoDrift(found), timeoutMs: 20_000 });
  });

  it('goes down and leaves nothing', async () => {
    expect((await compose('down', '--volumes')).status).toBe(0);
    expect(await containers()).toEqual([]);
    expect(await networks()).toEqual([]);
  });
});
