import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { DevnetError } from '../../shared/errors.ts';
import { packageRoot } from '../../shared/files/package-root.ts';
import type { Engine } from '../connection/engine.ts';
import type { BaseImage } from './base-image.ts';
import { buildImage, findImageId } from './images.ts';

/** A file of a build context. */
export interface ContextFile {
  name: string;
  bytes: Buffer;
}

/** An image that this package brings: its program and Dockerfile on a base. */
export interface BundledImage {
  kind: 'node' | 'links' | 'capture';
  /** Its tag is the hash of the base and the files: a changed program makes a new image. */
  reference: string;
  base: BaseImage;
  files: ContextFile[];
}

/** Describes the image `devnet-KIND` made of these files. */
export function bundledImage(kind: BundledImage['kind'], base: BaseImage, files: ContextFile[]): BundledImage {
  const hash = createHash('sha256').update(base.id);
  for (const { name, bytes } of files) hash.update(name).update(bytes);
  return { kind, reference: `devnet-${kind}:${hash.digest('hex').slice(0, 12)}`, base, files };
}

/**
 * Builds a bundled image where the engine does not have it.
 * @returns whether it was built
 * @throws DevnetError `image_failed`, `disk_full`
 */
export async function ensureBundledImage(engine: Engine, image: BundledImage): Promise<boolean> {
  const { kind, reference, base, files } = image;
  if (await findImageId(engine, reference)) return false;
  const context = pack();
  for (const { name, bytes } of files) context.entry({ name, mode: 0o755, mtime: new Date(0) }, bytes);
  context.finalize();
  await buildImage(engine, context, {
    tag: reference,
    args: { BASE: base.reference },
    labels: { 'devnet.image': kind },
  });
  return true;
}

/** @throws DevnetError `image_failed` when the package was not built */
export async function readPackageFile(path: string, name = path): Promise<ContextFile> {
  try {
    return { name, bytes: await readFile(join(packageRoot, path)) };
  } catch (cause) {
    throw new DevnetError('image_failed', `${path} is missing from ${packageRoot}`, { hint: 'npm run build', cause });
  }
}
