import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectEngine } from '../../../src/engine/connection/engine.ts';
import { startContainer } from '../../../src/engine/container-lifecycle.ts';
import { createContainer, removeContainer } from '../../../src/engine/containers.ts';
import { findImageId, pullImage } from '../../../src/engine/images/images.ts';
import { ensureNodeImage } from '../../../src/engine/images/node-image.ts';
import { readContainerLogs } from '../../../src/engine/logs.ts';
import { registryProgram } from '../../support/image-registry.ts';
import { onPodman } from '../../support/on-podman.ts';
import { until } from '../../support/until.ts';

const PASSWORD = randomBytes(8).toString('hex');
const engine = await connectEngine();
const folder = mkdtempSync(join(tmpdir(), 'devnet-registry-'));
const { DOCKER_CONFIG } = process.env;
let registryId: string;
let image: string;

beforeAll(async () => {
  const name = `registry-${randomBytes(4).toString('hex')}`;
  // It runs where the engine reaches it on loopback.
  registryId = await createContainer(engine, {
    name,
    image: (await ensureNodeImage(engine)).reference,
    entrypoint: ['node', '-e', registryProgram({ architecture: engine.architecture, password: PASSWORD })],
    hostname: name,
    env: {},
    labels: {},
    network: 'host',
    memory: 128 * 1024 * 1024,
    pidsLimit: 64,
    writable: false,
    capabilities: [],
  });
  await startContainer(engine, registryId, name);
  const port = await until(async () => {
    for await (const lines of readContainerLogs(engine, registryId, { follow: false }))
      for (const { text } of lines) if (text.startsWith('port ')) return text.slice('port '.length);
    return undefined;
  }, 'the port of the registry');
  image = `127.0.0.1:${port}/x:1`;
  process.env.DOCKER_CONFIG = folder;
});

afterAll(async () => {
  if (DOCKER_CONFIG === undefined) delete process.env.DOCKER_CONFIG;
  else process.env.DOCKER_CONFIG = DOCKER_CONFIG;
  rmSync(folder, { recursive: true, force: true });
  await engine.docker
    .getImage(image)
    .remove()
    .catch(() => {});
  await removeContainer(engine, registryId);
});

function logIn(password: string): void {
  const auth = Buffer.from(`me:${password}`).toString('base64');
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [image.replace('/x:1', '')]: { auth } } }));
}

it.skipIf(onPodman)('is refused without docker login, and with a wrong password', async () => {
  const registry = image.replace('/x:1', '');
  expect(await pullImage(engine, image)).toMatchObject({ hint: expect.stringContaining(`docker login ${registry};`) });
  logIn('wrong');
  expect(await pullImage(engine, image)).toMatchObject({ hint: expect.stringContaining('credentials were refused') });
});

it.skipIf(onPodman)('sends the credentials of docker login', async () => {
  logIn(PASSWORD);
  expect(await pullImage(engine, image)).toBeUndefined();
  expect(await findImageId(engine, image)).toMatch(/^(sha256:)?[0-9a-f]{64}$/);
});

it.skipIf(onPodman)('says that a registry has no such image', async () => {
  logIn(PASSWORD);
  expect(await pullImage(engine, image.replace(/1$/, '2'))).toMatchObject({
    reason: expect.stringContaining('manifest unknown'),
    hint: expect.stringContaining('check the name: docker pull'),
  });
});
