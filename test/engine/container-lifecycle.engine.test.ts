import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectEngine } from '../../src/engine/connection/engine.ts';
import {
  killContainer,
  pauseContainer,
  startContainer,
  stopContainer,
  unpauseContainer,
} from '../../src/engine/container-lifecycle.ts';
import { updateContainerLimits } from '../../src/engine/container-limits.ts';
import { createContainer, listContainers, removeContainer } from '../../src/engine/containers.ts';
import { ensureNodeImage } from '../../src/engine/images/node-image.ts';

const engine = await connectEngine();
const LABEL = `devnet-test=${randomUUID()}`;
/** Kills in a row; a stale list showed in nine of ten. */
const KILLS = Number(process.env.DEVNET_SOAK ?? 6);
const MEBIBYTE = 1024 * 1024;

let image: string;
let id: string;
/** Ends on SIGTERM. */
const OBEDIENT = 'process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1e9); console.log("ready")';
/** Ignores SIGTERM, as the first process of a container does without a listener. */
const DEAF = 'setInterval(() => {}, 1e9)';

async function create(program = OBEDIENT): Promise<string> {
  const [key = '', value = ''] = LABEL.split('=');
  return createContainer(engine, {
    name: `devnet-test-${randomUUID()}`,
    image,
    entrypoint: ['node', '-e', program],
    hostname: 'test',
    env: {},
    labels: { [key]: value },
    memory: 64 * MEBIBYTE,
    cpus: 1,
    pidsLimit: 32,
    writable: false,
    capabilities: [],
  });
}

const listedState = async (which = id) => (await listContainers(engine, LABEL)).find((one) => one.id === which)?.state;

beforeAll(async () => {
  image = (await ensureNodeImage(engine)).reference;
  id = await create();
});
afterAll(async () => {
  for (const left of await listContainers(engine, LABEL)) await removeContainer(engine, left.id);
});

it(`a container that was killed is listed as exited at once, ${KILLS} times in a row`, async () => {
  const states: unknown[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    await startContainer(engine, id, 'x');
    states.push(await listedState());
    await killContainer(engine, id, 'x');
    states.push(await listedState());
  }
  expect(states).toEqual(Array.from({ length: KILLS }, () => ['running', 'exited']).flat());
});

it('every change is listed when the call returns, and none that is made already is an error', async () => {
  await startContainer(engine, id, 'x');
  await startContainer(engine, id, 'x');
  expect(await listedState()).toBe('running');
  await pauseContainer(engine, id, 'x');
  expect(await listedState()).toBe('paused');
  await unpauseContainer(engine, id, 'x');
  expect(await listedState()).toBe('running');
  await stopContainer(engine, id, 'x', 1);
  expect(await listedState()).toBe('exited');
  await stopContainer(engine, id, 'x', 1);
  expect(await listedState()).toBe('exited');
});

it('a paused container can be stopped and killed', async () => {
  for (const end of [() => stopContainer(engine, id, 'x', 1), () => killContainer(engine, id, 'x')]) {
    await startContainer(engine, id, 'x');
    await pauseContainer(engine, id, 'x');
    await end();
    expect(await listedState()).toBe('exited');
  }
});

it('a change that the state does not allow names the state, on every engine in the same words', async () => {
  await expect(killContainer(engine, id, 'n1')).rejects.toThrow(/^could not kill n1: it is exited$/);
  await expect(pauseContainer(engine, id, 'n1')).rejects.toThrow(/^could not pause n1: it is exited$/);
  await expect(unpauseContainer(engine, id, 'n1')).rejects.toThrow(/^could not unpause n1: it is exited$/);
  await startContainer(engine, id, 'n1');
  await expect(unpauseContainer(engine, id, 'n1')).rejects.toThrow(/^could not unpause n1: it is running$/);
  await pauseContainer(engine, id, 'n1');
  await expect(pauseContainer(engine, id, 'n1')).rejects.toThrow(/^could not pause n1: it is paused$/);
});

it('limits are in force when the call returns, and can be set back', async () => {
  const inForce = async () => {
    const { HostConfig } = await engine.docker.getContainer(id).inspect();
    const { Memory, NanoCpus = 0, CpuQuota = 0, CpuPeriod = 0 } = HostConfig;
    return { memory: Memory, cpus: NanoCpus > 0 ? NanoCpus / 1e9 : CpuQuota / CpuPeriod };
  };
  await killContainer(engine, id, 'x');
  await startContainer(engine, id, 'x');
  const full = { memory: 64 * MEBIBYTE, cpus: 1 };
  expect(await updateContainerLimits(engine, id, 'x', full)).toBe(false);
  const little = { memory: 48 * MEBIBYTE, cpus: 0.25 };
  expect(await updateContainerLimits(engine, id, 'x', little)).toBe(true);
  expect(await inForce()).toEqual(little);
  expect(await updateContainerLimits(engine, id, 'x', full)).toBe(true);
  expect(await inForce()).toEqual(full);
});

it('a container whose program ignores SIGTERM is removed at once', async () => {
  const deaf = await create(DEAF);
  await startContainer(engine, deaf, 'x');
  const startedAt = performance.now();
  await removeContainer(engine, deaf);
  expect(await listedState(deaf)).toBeUndefined();
  // Podman waits for 10 s where it is not told otherwise.
  expect(performance.now() - startedAt).toBeLessThan(8_000);
});
