import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { DevnetError } from '../../shared/errors.ts';
import { packageRoot } from '../../shared/package-root.ts';
import type { Engine } from '../engine.ts';
import { type BaseImage, ensureBaseImage, findLocalBaseImage } from './base-image.ts';
import { buildImage, findImageId } from './images.ts';

export interface NodeImage {
  reference: string;
  /** Where its base came from, for the log. */
  base: string;
  /** False when the engine held it already. */
  built: boolean;
}

const BUNDLED_PROGRAMS = ['dist/node.cjs', 'dist/relay.cjs', 'dist/probe.cjs', 'dist/reaper.cjs', 'dist/spec.cjs'];

/**
 * The bundled node's image, built when the engine does not hold it. Its tag is the hash of what goes into it — the program,
 * the Dockerfile, the base — so a changed program is a new image and an unchanged one costs three look-ups.
 * @throws DevnetError `image_missing`, `image_failed`, `disk_full`
 */
export async function ensureNodeImage(engine: Engine): Promise<NodeImage> {
  const base = await ensureBaseImage(engine);
  const { reference, files } = await imageContents(base);
  if (await findImageId(engine, reference)) return { reference, base: base.origin, built: false };

  const context = pack();
  const epoch = new Date(0);
  for (const { name, bytes } of files) context.entry({ name, mtime: epoch }, bytes);
  context.finalize();
  await buildImage(engine, context, {
    tag: reference,
    args: { BASE: base.reference },
    labels: { 'devnet.image': 'node' },
  });
  return { reference, base: base.origin, built: true };
}

/** The bundled node's image where the engine holds it already; looks, and builds nothing. */
export async function findLocalNodeImage(engine: Engine): Promise<string | undefined> {
  const base = await findLocalBaseImage(engine);
  if (!base) return undefined;
  const { reference } = await imageContents(base);
  return (await findImageId(engine, reference)) ? reference : undefined;
}

/** What goes into the image, and the tag that this makes. */
async function imageContents(
  base: BaseImage,
): Promise<{ reference: string; files: { name: string; bytes: Buffer }[] }> {
  const files = await Promise.all(
    ['Dockerfile', ...BUNDLED_PROGRAMS].map(async (name) => ({ name, bytes: await readPackageFile(name) })),
  );
  const hash = createHash('sha256').update(base.id);
  for (const { bytes } of files) hash.update(bytes);
  return { reference: `devnet-node:${hash.digest('hex').slice(0, 12)}`, files };
}

export async function readPackageFile(path: string): Promise<Buffer> {
  try {
    return await readFile(join(packageRoot, path));
  } catch (cause) {
    throw new DevnetError('image_failed', `${path} is missing from ${packageRoot}`, { hint: 'npm run build', cause });
  }
}
