import type { Engine } from '../connection/engine.ts';
import { type BaseImage, ensureBaseImage, findLocalBaseImage } from './base-image.ts';
import { type BundledImage, bundledImage, ensureBundledImage, readPackageFile } from './bundled-image.ts';
import { findImageId } from './images.ts';

/** The image of the bundled node. */
export interface NodeImage {
  /** `devnet-node:HASH`, of all that goes into it. */
  reference: string;
  /** Origin of its base, for the log. */
  base: string;
  /** False when the engine had it already. */
  built: boolean;
}

const BUNDLED_PROGRAMS = ['dist/node.cjs', 'dist/tunnel.cjs', 'dist/probe.cjs', 'dist/reaper.cjs', 'dist/spec.cjs'];

/**
 * Returns the bundled node's image, built when the engine does not have it. An image that is there costs three look-ups.
 * @throws DevnetError `image_missing`, `image_failed`, `disk_full`
 */
export async function ensureNodeImage(engine: Engine): Promise<NodeImage> {
  const image = await nodeImageOn(await ensureBaseImage(engine));
  const built = await ensureBundledImage(engine, image);
  return { reference: image.reference, base: image.base.origin, built };
}

/** Returns the bundled node's image where the engine has it. Builds nothing. */
export async function findLocalNodeImage(engine: Engine): Promise<string | undefined> {
  const base = await findLocalBaseImage(engine);
  if (!base) return undefined;
  const { reference } = await nodeImageOn(base);
  return (await findImageId(engine, reference)) ? reference : undefined;
}

/** Returns whether a container's image is the bundled node's, of any version. */
export function isBundledNodeImage(reference: string): boolean {
  return reference.startsWith('devnet-node:');
}

async function nodeImageOn(base: BaseImage): Promise<BundledImage> {
  const files = ['Dockerfile', ...BUNDLED_PROGRAMS].map((path) => readPackageFile(path));
  return bundledImage('node', base, await Promise.all(files));
}
