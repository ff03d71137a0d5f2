import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LinkState } from '../../../src/agents/netem/state/link-state.ts';
import { execWithInput } from '../../../src/engine/exec.ts';
import type { NetworkStatus } from '../../../src/network/network-status.ts';
import { devnet } from '../../support/cli.ts';
import { SwarmCluster, swarmObstacle } from '../../support/swarm-cluster.ts';
import { until } from '../../support/until.ts';

const TOPOLOGY = 'name: lost\nengine: swarm\nnodes: { n: { count: 4 }, g: { host: gamma } }\nlinks: ring\n';
/** Managers give up a host after three heartbeats of five seconds. */
const SWARM_TIMEOUT_MS = 90_000;

const obstacle = swarmObstacle();

describe.skipIf(obstacle !== undefined)(`a swarm that loses a host${obstacle ? `: ${obstacle}` : ''}`, () => {
  let cluster: SwarmCluster;
  let folder: string;

  const run = (args: string[], input = '') =>
    devnet(args, { cwd: folder, env: { DOCKER_HOST: cluster.manager.address, XDG_RUNTIME_DIR: folder }, input });
  const readStatus = async () => JSON.parse((await run(['status', '--json'])).stdout) as NetworkStatus;
  const gamma = async () => (await readStatus()).hosts?.find(({ name }) => name === 'gamma');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'devnet-swarm-test-'));
    cluster = await SwarmCluster.start(['alpha', 'beta', 'gamma']);
    expect((await run(['up', '-', '-d'], TOPOLOGY)).status).toBe(0);
  });

  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it('names the host and the nodes on it, which are missing', async () => {
    cluster.setCut('gamma', true);
    const { hosts, nodes } = await readStatus();
    expect(hosts?.find(({ name }) => name === 'gamma')?.unavailable).toMatch(
      /do not hear from it|agent does not answer/,
    );
    expect(nodes.find(({ name }) => name === 'g')).toMatchObject({ state: 'missing', onHost: 'gamma' });
    const { stdout, status } = await run(['status']);
    expect(stdout).toMatch(/host gamma cannot be used: .*on it: .*g/);
    expect(status).toBe(1);
  });

  it('refuses up, and says what to do', async () => {
    const { stderr, status } = await run(['up', '-', '-d'], TOPOLOGY);
    expect(stderr).toMatch(/gamma does not answer, and .*g were put on it/);
    expect(stderr).toContain('docker node rm --force gamma');
    expect(status).toBe(1);
  });

  it('names the host that has not applied a fault', async () => {
    const { stderr, status } = await run(['cut', 'n1', 'g']);
    expect(stderr).toMatch(/the host gamma has not applied it: .+; the next command does that once it answers/);
    expect(status).toBe(0);
    expect((await gamma())?.linksMissed).toMatch(/.+/);
    expect((await run(['status'])).stdout).toMatch(/host gamma cannot be used: .*it may not have applied/);
  });

  it('has its nodes back when it is back, and the fault applied', async () => {
    cluster.setCut('gamma', false);
    await until(() => cluster.isReady('gamma'), 'gamma to be back', { timeoutMs: SWARM_TIMEOUT_MS });
    const hasCaughtUp = async () => {
      const { unavailable, linksMissed } = (await gamma()) ?? {};
      return unavailable === undefined && linksMissed === undefined;
    };
    await until(hasCaughtUp, 'gamma to have applied the fault', { timeoutMs: SWARM_TIMEOUT_MS });
    const { engine } = cluster.hosts.find(({ name }) => name === 'gamma')!;
    const { stdout } = await execWithInput(engine, 'devnet.lost..links', ['node', '/devnet/netem.cjs', 'read'], '');
    expect((JSON.parse(stdout) as { state: LinkState }).state.cuts).toHaveLength(2);
    expect((await run(['heal'])).status).toBe(0);
    await until(async () => (await run(['status'])).status === 0, 'no drift', { timeoutMs: SWARM_TIMEOUT_MS });
  });

  it('gets the nodes of a host that is given up on the others, at their addresses', async () => {
    const before = (await readStatus()).nodes.map(({ name, address }) => `${name} ${address}`);
    cluster.setCut('gamma', true);
    await until(async () => !(await cluster.isReady('gamma')), 'gamma to be lost', { timeoutMs: SWARM_TIMEOUT_MS });
    await cluster.forget('gamma');
    const { stderr, status } = await run(['up', '-', '-d'], TOPOLOGY.replace('{ host: gamma }', '{}'));
    expect({ stderr, status }).toEqual({ stderr: expect.anything(), status: 0 });
    const { nodes, hosts } = await readStatus();
    expect(hosts?.map(({ name }) => name)).toEqual(['alpha', 'beta']);
    expect(nodes.map(({ name, address }) => `${name} ${address}`)).toEqual(before);
  });

  it('is removed from the hosts that are left', async () => {
    const { stderr, status } = await run(['down']);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  });
});
