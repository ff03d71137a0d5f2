import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listContainers } from '../../src/engine/containers.ts';
import { listNetworks } from '../../src/engine/networks.ts';
import { start } from '../support/cli.ts';
import { nftTables } from '../support/engine-host.ts';
import { interruptibleEngine } from '../support/engine-relay-socket.ts';
import { sandbox } from '../support/sandbox.ts';
import { until } from '../support/until.ts';

const box = await sandbox();
const { engine } = box;
const cwd = mkdtempSync(join(tmpdir(), 'devnet-reaper-'));

/** How often: `npm run soak` does it a hundred times. */
const KILLS = Number(process.env.DEVNET_SOAK ?? 5);
/** Within this time a devnet of this size is up and has been for a while, milliseconds. */
const SPAN = 6_000;

const left = async (name: string) => [
  ...(await listContainers(engine, `devnet.name=${name}`)).map((container) => container.name),
  ...(await listNetworks(engine, `devnet.name=${name}`)).map((network) => network.name),
];
const reapers = async (run: string) =>
  (await listContainers(engine, 'devnet.role=reaper', `devnet.run=${run}`)).map(({ name }) => name);

/** Two nodes with these links, brought up by a command that goes on. */
async function begun(links: string) {
  const name = box.name();
  const file = join(cwd, `${name}.yaml`);
  writeFileSync(file, `nodes: [a, b]\nlinks: ${links}`);
  const running = start(['up', file, '--name', name], { cwd });
  await running.says('is up and verified');
  return { name, file, running };
}

it(
  `killed at ${KILLS} moments between its start and its end, an up leaves nothing 15 s later`,
  async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      const name = box.name();
      const file = join(cwd, `${name}.yaml`);
      writeFileSync(file, 'nodes: { count: 6 }\nlinks: { shape: ring, loss: 1% }');
      const running = start(['up', file, '--name', name], { cwd });
      // Spread over the whole of it, and never twice at the same moment.
      const moment = ((kill + Math.random()) / KILLS) * SPAN;
      await new Promise((resolve) => setTimeout(resolve, moment));
      const run = (await box.observe(name))?.run;
      running.child.kill('SIGKILL');
      await running.finished;
      await until(() => left(name), 'the network to be removed', {
        accept: (names) => names.length === 0,
        timeoutMs: 15_000,
      }).catch((error: Error) => {
        throw new Error(`killed ${moment.toFixed(0)} ms after its start: ${error.message}\n${running.stderr}`);
      });
      const away = (names: string[]) => names.length === 0;
      if (run !== undefined) await until(() => reapers(run), 'its reaper to end', { accept: away, timeoutMs: 30_000 });
    }
    // Nor any that never came to run. Those of other tests only pass through that.
    const made = async () =>
      (await listContainers(engine, 'devnet.role=reaper')).filter(({ state }) => state === 'created');
    await until(made, 'reapers that never started to be removed', {
      accept: ({ length }) => length === 0,
      timeoutMs: 15_000,
    });
  },
  KILLS * 60_000,
);

it('a devnet that was taken down, or that is to stay, has no reaper', async () => {
  const { name, file, running } = await begun('line');
  const { run } = (await box.observe(name))!;
  expect(await reapers(run)).toHaveLength(1);
  running.child.kill('SIGINT');
  await running.finished;
  await until(() => reapers(run), 'its reaper to end', { accept: (names) => names.length === 0, timeoutMs: 30_000 });
  const staying = await start(['up', file, '--name', name, '-d'], { cwd }).finished;
  expect(staying.status, staying.stderr).toBe(0);
  expect(await reapers((await box.observe(name))!.run)).toEqual([]);
  expect(await left(name)).not.toEqual([]);
});

it('rules that a killed links container left in the kernel go too', async () => {
  const { name, running } = await begun('{ shape: line, loss: 1% }');
  const { netemId: linksId } = (await box.observe(name))!;
  await engine.docker.getContainer(linksId as string).kill({ signal: 'SIGKILL' });
  expect(await nftTables(engine)).toContain(`devnet-${name}`);
  running.child.kill('SIGKILL');
  await running.finished;
  await until(() => left(name), 'the network to be removed', {
    accept: (names) => names.length === 0,
    timeoutMs: 60_000,
  });
  expect(await nftTables(engine)).not.toContain(`devnet-${name}`);
});

it('a reaper whose owner is killed after it was made and before it was started goes too', async () => {
  const way = await interruptibleEngine();
  try {
    const name = box.name();
    const file = join(cwd, `${name}.yaml`);
    writeFileSync(file, 'nodes: [a, b]');
    way.stopAt(/^POST \/v[\d.]+\/containers\/\w+\/attach/);
    const running = start(['up', file, '--name', name], { cwd, env: { DOCKER_HOST: way.host } });
    const stopped = await way.stopped;
    const id = /containers\/(\w+)\//.exec(stopped)?.[1] as string;
    const found = async () => (await listContainers(engine, 'devnet.role=reaper')).map((one) => one.id);
    expect(await found()).toContain(id);
    running.child.kill('SIGKILL');
    await running.finished;
    await until(found, 'the reaper to be removed', { accept: (ids) => !ids.includes(id), timeoutMs: 30_000 });
    expect(await left(name)).toEqual([]);
  } finally {
    way.cut();
  }
});
