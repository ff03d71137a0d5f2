import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { pack } from 'tar-stream';
import { afterAll, expect, test } from 'vitest';
import { up } from '../../src/controller/lifecycle/up.ts';
import { sendToNode } from '../../src/controller/peers/send-to-node.ts';
import { ensureBaseImage } from '../../src/engine/images/base-image.ts';
import { buildImage } from '../../src/engine/images/images.ts';
import { loadTopology } from '../../src/topology/load-topology-file.ts';
import { root } from '../support/paths.ts';
import { sandbox } from '../support/sandbox.ts';
import { until } from '../support/until.ts';

const folder = join(root, 'examples', 'height');
const image = `devnet-height:test-${randomBytes(4).toString('hex')}`;
// Registered first, so that it runs last, after the containers are removed.
afterAll(() => box.engine.docker.getImage(image).remove({ force: true }));
const box = await sandbox();

/** Bundles the program into one file. Only what it uses of the library gets in, because no module has side effects. */
async function bundle(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'node.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    alias: { devnet: join(root, 'src', 'index.ts') },
    plugins: [
      {
        name: 'no side effects',
        setup({ onResolve }) {
          onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir }) => ({
            path: join(resolveDir, path),
            sideEffects: false,
          }));
        },
      },
    ],
  });
  return outputFiles[0]!.contents;
}

test('nodes of a custom type, in a custom image, agree on the highest height', async () => {
  const [program, dockerfile, base] = await Promise.all([
    bundle(),
    readFile(join(folder, 'Dockerfile')),
    ensureBaseImage(box.engine),
  ]);
  expect(program.length).toBeLessThan(200_000);
  const context = pack();
  context.entry({ name: 'Dockerfile' }, dockerfile);
  context.entry({ name: 'dist/node.mjs' }, Buffer.from(program));
  context.finalize();
  await buildImage(box.engine, context, { tag: image, args: { BASE: base.reference }, labels: { 'devnet.test': '1' } });

  const topology = await loadTopology(join(folder, 'height.yaml'), box.name());
  const nodes = topology.nodes.map((node) => ({ ...node, image }));
  const { devnet, drift } = await up(box.engine, { ...topology, nodes });
  expect(drift.unknown).toEqual([]);

  const ask = (node: string, message_type: string, payload?: unknown) =>
    sendToNode(box.engine, devnet, node, { message_type, payload }, 2_000);
  const heights = () => Promise.all(nodes.map(async ({ name }) => (await ask(name, 'get_height'))?.payload));
  const all = (height: number) => (answers: unknown[]) => answers.every((answer) => answer === height);
  expect(await heights()).toEqual(nodes.map(() => 0));
  expect(await ask('h1', 'set_height', 42)).toEqual({ message_type: 'height', payload: 42 });
  await until(heights, 'height 42 everywhere', { accept: all(42), timeoutMs: 10_000 });
  // A lower height changes nothing, whichever node gets it; a higher one does.
  expect(await ask('h4', 'set_height', 7)).toEqual({ message_type: 'height', payload: 42 });
  expect(await ask('h5', 'set_height', 43)).toEqual({ message_type: 'height', payload: 43 });
  await until(heights, 'height 43 everywhere', { accept: all(43), timeoutMs: 10_000 });
  expect(await ask('h2', 'set_height', -1)).toMatchObject({
    message_type: 'error',
    payload: { code: 'invalid_payload' },
  });
  // The messages of the protocol still work.
  expect(await ask('h2', 'ping', 1)).toEqual({ message_type: 'pong', payload: 1 });
});
