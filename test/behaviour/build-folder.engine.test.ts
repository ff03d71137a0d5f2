import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { up } from '../../src/controller/lifecycle/up.ts';
import { buildFolder } from '../../src/engine/images/build-folder.ts';
import { parseTopology } from '../../src/topology/index.ts';
import { onPodman } from '../support/on-podman.ts';
import { root } from '../support/paths.ts';
import { spawnSync } from '../support/run-sync.ts';
import { sandbox } from '../support/sandbox.ts';

const tags: string[] = [];
// Registered first, so that it runs last, after the containers are removed.
afterAll(() =>
  Promise.all(
    tags.map((tag) =>
      box.engine.docker
        .getImage(tag)
        .remove({ force: true })
        .catch(() => {}),
    ),
  ),
);
const box = await sandbox();

function newTag(): string {
  const tag = `devnet-built:test-${randomBytes(4).toString('hex')}`;
  tags.push(tag);
  return tag;
}

const has = (command: string) => spawnSync(command, ['--version']).error === undefined;

test.skipIf(!has('python3'))('a folder with a node in Python becomes an image whose nodes are verified', async () => {
  const tag = newTag();
  const [base] = await buildFolder(box.engine, join(root, 'examples', 'complete-node'), { tag });
  expect(base?.reference).toBe('python:3-slim');
  const topology = parseTopology(`nodes: { mine: { image: "${tag}" }, n: { count: 2 } }\nlinks: ring`, {
    file: 'built.yaml',
    name: box.name(),
  });
  const { drift } = await up(box.engine, topology);
  expect(drift).toMatchObject({ unknown: [], missing: [] });
});

test.skipIf(onPodman)('a build leaves out what .dockerignore names, but for its exceptions', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'devnet-build-'));
  await mkdir(join(folder, 'data'));
  await writeFile(
    join(folder, 'Dockerfile'),
    'FROM debian:bookworm-slim\nCOPY . /x\nRUN test -f /x/data/kept && ! test -e /x/data/left\n',
  );
  await writeFile(join(folder, '.dockerignore'), 'data\n!data/kept\n');
  for (const name of ['kept', 'left']) await writeFile(join(folder, 'data', name), name);
  await buildFolder(box.engine, folder, { tag: newTag() });
  await writeFile(join(folder, '.dockerignore'), '');
  await expect(buildFolder(box.engine, folder, { tag: newTag() })).rejects.toMatchObject({ code: 'image_failed' });
});

test('a folder without a Dockerfile, a base that nothing stands in for, a program that is not here', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'devnet-build-'));
  const build = (programs: string[] = []) => buildFolder(box.engine, folder, { tag: newTag(), programs });
  await expect(build()).rejects.toMatchObject({
    code: 'file_unreadable',
    message: `${folder} has no Dockerfile that can be read`,
  });
  await writeFile(join(folder, 'Dockerfile'), 'FROM localhost:1/no/such-base:1\n');
  await expect(build()).rejects.toMatchObject({
    code: 'image_missing',
    message: expect.stringMatching(
      /^no base image localhost:1\/no\/such-base:1: .*devnet does not know what is in such-base/,
    ),
  });
  await writeFile(join(folder, 'Dockerfile'), 'FROM localhost:1/no/debian:1\n');
  await expect(build(['no-such-program'])).rejects.toMatchObject({
    code: 'image_missing',
    message: 'this machine has no program "no-such-program" to assemble a base image from',
  });
});
