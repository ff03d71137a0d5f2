import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DevnetError } from '../../shared/errors.ts';
import type { Engine } from '../connection/engine.ts';
import { ensureBaseImage } from './base-image.ts';
import { bundledImage, type ContextFile, ensureBundledImage, readPackageFile } from './bundled-image.ts';
import { listSharedLibraries } from './host-programs.ts';

/** Programs that the netem agent runs. */
const NETEM_TOOLS = ['nft', 'tc', 'ip', 'bridge'];

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
    ...(base.assembled ? await collectHostTools() : []),
  ]);
  await ensureBundledImage(engine, image);
  return image.reference;
}

/** This machine's tools and their libraries, each at the path that the loader expects. */
async function collectHostTools(): Promise<ContextFile[]> {
  const sources = new Map<string, string>();
  for (const tool of NETEM_TOOLS) {
    const path = await findHostTool(tool);
    sources.set(`/usr/sbin/${tool}`, path);
    for (const library of await listSharedLibraries(path)) sources.set(library, library);
  }
  return Promise.all(
    [...sources].map(async ([path, source]) => ({ name: `tools${path}`, bytes: await readFile(source) })),
  );
}

async function findHostTool(tool: string): Promise<string> {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].filter(Boolean);
  for (const folder of folders) {
    try {
      await promisify(execFile)(`${folder}/${tool}`, [tool === 'nft' ? '-v' : '-V']);
      return `${folder}/${tool}`;
    } catch {
      // Not in this folder.
    }
  }
  throw new DevnetError('image_missing', `link conditions and faults need "${tool}", which this machine lacks`, {
    hint: 'apt-get install nftables iproute2, or let the engine pull node:20-bookworm-slim',
  });
}
