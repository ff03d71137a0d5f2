import type { Engine } from '../connection/engine.ts';
import { wrapEngineErrors } from '../connection/engine-error.ts';
import { ensureBaseImage } from './base-image.ts';
import { bundledImage, ensureBundledImage, readPackageFile } from './bundled-image.ts';
import { collectHostTools } from './host-tools.ts';

/** Programs that the netem agent runs, and Debian's packages of them. */
const NETEM_TOOLS = new Map([
  ['nft', 'nftables'],
  ['tc', 'iproute2'],
  ['ip', 'iproute2'],
  ['bridge', 'iproute2'],
  ['nsenter', 'util-linux'],
]);

/**
 * Returns the netem agent's image, built when the engine does not have it. On the official base its tools are installed; on
 * an assembled one, this machine's own are copied.
 * @throws DevnetError `image_missing`, `image_failed`, `disk_full`
 */
export async function ensureNetemImage(engine: Engine): Promise<string> {
  const base = await ensureBaseImage(engine);
  const image = bundledImage('links', base, [
    await readPackageFile(`docker/netem/Dockerfile${base.assembled ? '.assembled' : ''}`, 'Dockerfile'),
    await readPackageFile('dist/netem.cjs', 'netem.cjs'),
    ...(base.assembled ? await collectHostTools('link conditions and faults need', NETEM_TOOLS) : []),
  ]);
  await ensureBundledImage(engine, image);
  return image.reference;
}

/** Returns whether the engine has an image of the netem agent, of this version or another. @throws DevnetError `engine_gone`, `engine_failed` */
export async function hasNetemImage(engine: Engine): Promise<boolean> {
  const filters = { label: ['devnet.image=links'] };
  const images = await wrapEngineErrors('list images', () => engine.docker.listImages({ filters }));
  return images.length > 0;
}
