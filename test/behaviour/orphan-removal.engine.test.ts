import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container } from 'dockerode';
import { expect, it } from 'vitest';
import { listContainers, removeContainer } from '../../src/engine/containers.ts';
import { listNetworks } from '../../src/engine/networks.ts';
import { start } from '../support/cli.ts';
import { nftTables } from '../support/engine-host.ts';
import { interruptibleEngine } from '../support/interruptible-engine.ts';
import { sandbox } from '../support/sandbox.ts';
import { until } from '../support/until.ts';

const box = await sandbox();
const { engine } = box;
const cwd = mkdtempSync(join(tmpdir(), 'devnet-reaper-'));

/** Number of kills; `npm run soak` does 100. */
const KILLS = Number(process.env.DEVNET_SOAK ?? 5);
/** A network of this size is up well within this time. */
const UP_TIME_MS = 6_000;

const remains = async (name: string) => [
  ...(await listContainers(engine, `devnet.name=${name}`)).map((container) => container.name),
  ...(await listNetworks(engine, `devnet.name=${name}`)).map((network) => network.name),
];
const reapers = async (run: string) =>
  (await listContainers(engine, 'devnet.role=reaper', `devnet.run=${run}`)).map(({ name }) => name);

/** Starts two nodes with these links by a command that keeps running. */
async function startUp(links: string, env: NodeJS.ProcessEnv = {}) {
  const name = box.name();
  const file = join(cwd, `${name}.yaml`);
  writeFileSync(file, `nodes: [a, b]\nlinks: ${links}`);
  const running = start(['up', file, '--name', name], { cwd, env });
  await running.waitForOutput('is up and verified');
  return { name, file, running };
}

it(
  `up killed at ${KILLS} moments between its start and its end leaves nothing 15 s later`,
  async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      const name = box.name();
      const file = join(cwd, `${name}.yaml`);
      writeFileSync(file, 'nodes: { count: 6 }\nlinks: { shape: ring, loss: 1% }');
      const running = start(['up', file, '--name', name], { cwd });
      // Spread over the whole time, and never twice at the same moment.
      const killAtMs = ((kill + Math.random()) / KILLS) * UP_TIME_MS;
      await new Promise((resolve) => setTimeout(resolve, killAtMs));
      const run = (await box.observe(name))?.run;
      running.child.kill('SIGKILL');
      await running.finished;
      await until(() => remains(name), 'the network to be removed', {
        accept: (names) => names.length === 0,
        timeoutMs: 15_000,
      }).catch((error: Error) => {
        throw new Error(`killed ${killAtMs.toFixed(0)} ms after its start: ${error.message}\n${running.stderr}`);
      });
      const isEmpty = (names: string[]) => names.length === 0;
      if (run !== undefined)
        await until(() => reapers(run), 'its reaper to end', { accept: isEmpty, timeoutMs: 30_000 });
    }
    // Nor a reaper that was never started. The reapers of other tests are in that state for a moment only.
    const created = async () =>
      (await listContainers(engine, 'devnet.role=reaper')).filter(({ state }) => state === 'created');
    await until(created, 'reapers that never started to be removed', {
      accept: ({ length }) => length === 0,
      timeoutMs: 15_000,
    });
  },
  KILLS * 60_000,
);

it('a network that was removed or detached has no reaper', async () => {
  const { name, file, running } = await startUp('line');
  const { run } = (await box.observe(name))!;
  expect(await reapers(run)).toHaveLength(1);
  running.child.kill('SIGINT');
  await running.finished;
  await until(() => reapers(run), 'its reaper to end', { accept: (names) => names.length === 0, timeoutMs: 30_000 });
  const detached = await start(['up', file, '--name', name, '-d'], { cwd }).finished;
  expect(detached.status, detached.stderr).toBe(0);
  expect(await reapers((await box.observe(name))!.run)).toEqual([]);
  expect(await remains(name)).not.toEqual([]);
});

it.each([
  ['killed', (agent: Container) => agent.kill({ signal: 'SIGKILL' })],
  ['paused', (agent: Container) => agent.pause()],
  ['stopped by SIGSTOP', (agent: Container) => agent.kill({ signal: 'SIGSTOP' })],
  ['removed', (agent: Container) => agent.remove({ force: true })],
])('the kernel rules of a netem agent that is %s are removed too', async (_, mishap) => {
  const { name, running } = await startUp('{ shape: line, loss: 1% }');
  const { netemId } = (await box.observe(name))!;
  await mishap(engine.docker.getContainer(netemId as string));
  // Podman asks an agent to end before it removes it: those of its tables that close the network stay.
  expect(await nftTables(engine)).toContain(`-${name}`);
  running.child.kill('SIGKILL');
  await running.finished;
  await until(() => remains(name), 'the network to be removed', {
    accept: (names) => names.length === 0,
    timeoutMs: 60_000,
  });
  expect(await nftTables(engine)).not.toContain(`-${name}`);
});

it('a reaper whose owner is killed after creating it and before starting it is removed too', async () => {
  const relay = await interruptibleEngine();
  try {
    const name = box.name();
    const file = join(cwd, `${name}.yaml`);
    writeFileSync(file, 'nodes: [a, b]');
    relay.holdRequest(/^POST \/v[\d.]+\/containers\/\w+\/attach/);
    const running = start(['up', file, '--name', name], { cwd, env: { DOCKER_HOST: relay.host } });
    const request = await relay.heldRequest;
    const id = /containers\/(\w+)\//.exec(request)?.[1] as string;
    const reaperIds = async () => (await listContainers(engine, 'devnet.role=reaper')).map((one) => one.id);
    expect(await reaperIds()).toContain(id);
    running.child.kill('SIGKILL');
    await running.finished;
    await until(reaperIds, 'the reaper to be removed', { accept: (ids) => !ids.includes(id), timeoutMs: 30_000 });
    expect(await remains(name)).toEqual([]);
  } finally {
    relay.cut();
  }
});

it('a network is removed by a process where no container reaches the socket of the engine', async () => {
  const relay = await interruptibleEngine();
  try {
    // A container that is not attached cannot wait for its owner.
    relay.refuseRequests(/^POST \/v[\d.]+\/containers\/\w+\/attach/);
    const { name, running } = await startUp('line', { DOCKER_HOST: relay.host });
    const pid = Number(/process (\d+) on this machine removes the network/.exec(running.stderr)?.[1]);
    expect(() => process.kill(pid, 0)).not.toThrow();
    const { run } = (await box.observe(name))!;
    expect(await reapers(run)).toHaveLength(1);
    running.child.kill('SIGKILL');
    await running.finished;
    await until(async () => [...(await remains(name)), ...(await reapers(run))], 'the network to be removed', {
      accept: (names) => names.length === 0,
      timeoutMs: 60_000,
    });
    expect(await box.observe(name)).toBeUndefined();
  } finally {
    relay.cut();
  }
});

it('a reaper that was removed is started again, and removes the network of a killed owner', async () => {
  const { name, running } = await startUp('line');
  const { run } = (await box.observe(name))!;
  const reaperId = async () => (await listContainers(engine, 'devnet.role=reaper', `devnet.run=${run}`))[0]?.id;
  const before = (await reaperId()) as string;
  await removeContainer(engine, before);
  const holds = async (id: string) =>
    String(await engine.docker.getContainer(id).logs({ stdout: true, stderr: true })).includes('holding');
  const isAnotherHolding = async () => {
    const id = await reaperId();
    return id !== undefined && id !== before && (await holds(id).catch(() => false));
  };
  await until(isAnotherHolding, 'another reaper to hold', { timeoutMs: 30_000 });
  running.child.kill('SIGKILL');
  await running.finished;
  await until(() => remains(name), 'the network to be removed', {
    accept: (names) => names.length === 0,
    timeoutMs: 60_000,
  });
});
