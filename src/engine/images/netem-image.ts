import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { pack } from 'tar-stream';
import { DevnetError } from '../../shared/errors.ts';
import type { Engine } from '../engine.ts';
import { type BaseImage, ensureBaseImage, listSharedLibraries } from './base-image.ts';
import { buildImage, findImageId } from './images.ts';
import { readPackageFile } from './node-image.ts';

/** What the links program calls. */
const NETEM_TOOLS = ['nft', 'tc', 'ip', 'bridge'];

/**
 * The image of the container that shapes and cuts links, built when the engine does not hold it. On the official base its
 * tools are installed; on an assembled one, this machine's own are taken.
 * @returns its reference
 * @throws DevnetError `image_missing`, `image_failed`, `disk_full`
 */
export async function ensureNetemImage(engine: Engine): Promise<string> {
  const base = await ensureBaseImage(engine);
  const files = [
    {
      name: 'Dockerfile',
      bytes: await readPackageFile(`docker/links/Dockerfile${base.assembled ? '.assembled' : ''}`),
    },
    { name: 'links.cjs', bytes: await readPackageFile('dist/links.cjs') },
    ...(base.assembled ? await collectHostTools() : []),
  ];
  const reference = `devnet-links:${hashContents(base, files)}`;
  if (await findImageId(engine, reference)) return reference;
  const context = pack();
  const epoch = new Date(0);
  for (const { name, bytes } of files) context.entry({ name, mode: 0o755, mtime: epoch }, bytes);
  context.finalize();
  await buildImage(engine, context, {
    tag: reference,
    args: { BASE: base.reference },
    labels: { 'devnet.image': 'links' },
  });
  return reference;
}

interface ContextFile {
  name: string;
  bytes: Buffer;
}

function hashContents(base: BaseImage, files: readonly ContextFile[]): string {
  const hash = createHash('sha256').update(base.id);
  for (const { name, bytes } of files) hash.update(name).update(bytes);
  return hash.digest('hex').slice(0, 12);
}

/** The tools and their libraries, each under the very path that the loader asks for. */
async function collectHostTools(): Promise<ContextFile[]> {
  const files = new Map<string, ContextFile>();
  for (const tool of NETEM_TOOLS) {
    const path = await findHostTool(tool);
    for (const [name, source] of [
      [`/usr/sbin/${tool}`, path],
      ...(await listSharedLibraries(path)).map((library) => [library, library]),
    ] as [string, string][]) {
      files.set(name, { name: `tools${name}`, bytes: await readFile(source) });
    }
  }
  return [...files.values()];
}

async function findHostTool(tool: string): Promise<string> {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].filter(Boolean);
  for (const folder of folders) {
    try {
      await promisify(execFile)(`${folder}/${tool}`, [tool === 'nft' ? '-v' : '-V']);
      return `${folder}/${tool}`;
    } catch {
      // Not here: the next folder.
    }
  }
  throw new DevnetError('image_missing', `link conditions and faults need "${tool}", which this machine lacks`, {
    hint: 'apt-get install nftables iproute2, or let the engine pull node:20-bookworm-slim',
  });
}
