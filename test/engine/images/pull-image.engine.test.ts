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
import { until } from '../../support/until.ts';

const PASSWORD = randomBytes(8).toString('hex');
const engine = await connectEngine();
const folder = mkdtempSync(join(tmpdir(), 'devnet-registry-'));
const { DOCKER_CONFIG } = process.env;
let registryId: string;
let image: string;

/** A registry with one image of one empty layer, for one user. It runs where the engine reaches it on loopback. */
const REGISTRY = `
const { createServer } = require('http');
const { createHash } = require('crypto');
const { gzipSync } = require('zlib');
const digest = (bytes) => 'sha256:' + createHash('sha256').update(bytes).digest('hex');
const tar = Buffer.alloc(1024);
const layer = gzipSync(tar);
const config = Buffer.from(JSON.stringify({ architecture: '${engine.architecture}', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [digest(tar)] } }));
const type = 'application/vnd.docker.distribution.manifest.v2+json';
const part = (mediaType, bytes) => ({ mediaType, size: bytes.length, digest: digest(bytes) });
const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, config: part('application/vnd.docker.container.image.v1+json', config), layers: [part('application/vnd.docker.image.rootfs.diff.tar.gzip', layer)] }));
const blobs = new Map([layer, config].map((bytes) => [digest(bytes), bytes]));
const wanted = 'Basic ' + Buffer.from('me:${PASSWORD}').toString('base64');
createServer(({ url, headers }, reply) => {
  if (headers.authorization !== wanted) return reply.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
  const [, kind, name] = /^\\/v2\\/x\\/(manifests|blobs)\\/(.*)$/.exec(url) || [];
  const bytes = kind === 'manifests' ? (name === '1' || name === digest(manifest) ? manifest : undefined) : blobs.get(name);
  if (url === '/v2/') return reply.end('{}');
  if (!bytes) return reply.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
  reply.writeHead(200, { 'content-type': kind === 'manifests' ? type : 'application/octet-stream', 'docker-content-digest': digest(bytes), 'content-length': bytes.length }).end(bytes);
}).listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port); });
`;

beforeAll(async () => {
  const name = `registry-${randomBytes(4).toString('hex')}`;
  registryId = await createContainer(engine, {
    name,
    image: (await ensureNodeImage(engine)).reference,
    entrypoint: ['node', '-e', REGISTRY],
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

it('is refused without docker login, and with a wrong password', async () => {
  const registry = image.replace('/x:1', '');
  expect(await pullImage(engine, image)).toMatchObject({ hint: expect.stringContaining(`docker login ${registry};`) });
  logIn('wrong');
  expect(await pullImage(engine, image)).toMatchObject({ hint: expect.stringContaining('credentials were refused') });
});

it('sends the credentials of docker login', async () => {
  logIn(PASSWORD);
  expect(await pullImage(engine, image)).toBeUndefined();
  expect(await findImageId(engine, image)).toMatch(/^(sha256:)?[0-9a-f]{64}$/);
});

it('says that a registry has no such image', async () => {
  logIn(PASSWORD);
  expect(await pullImage(engine, image.replace(/1$/, '2'))).toMatchObject({
    reason: expect.stringContaining('manifest unknown'),
    hint: expect.stringContaining('check the name: docker pull'),
  });
});
