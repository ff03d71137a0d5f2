import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { promisify } from 'node:util';
import { pack } from 'tar-stream';
import { DevnetError } from '../../shared/errors.ts';
import type { Engine } from '../engine.ts';
import { findImageId, importImage, pullImage } from './images.ts';

/** The base that the Dockerfile names. */
export const OFFICIAL_BASE_IMAGE = 'node:20-bookworm-slim';

const ASSEMBLED_ORIGIN = `base assembled from this machine's node ${process.versions.node}`;

export interface BaseImage {
  reference: string;
  id: string;
  /** Where it came from, for the log. */
  origin: string;
  /** Made of this machine's own files. */
  assembled: boolean;
}

/**
 * A base image with `node` on it: the official one where it is present or can be pulled, else one assembled out of this
 * machine's own node and the libraries it loads. What was assembled before is used without asking a registry again.
 * @throws DevnetError `image_missing` when none of these can be had
 */
export async function ensureBaseImage(engine: Engine): Promise<BaseImage> {
  const held = await findLocalBaseImage(engine);
  if (held) return held;

  const refusal = await pullImage(engine, OFFICIAL_BASE_IMAGE);
  const pulled = await findImageId(engine, OFFICIAL_BASE_IMAGE);
  if (pulled) return { reference: OFFICIAL_BASE_IMAGE, id: pulled, origin: 'official base, pulled', assembled: false };

  const obstacle = assemblyObstacle(engine);
  if (obstacle) {
    throw new DevnetError('image_missing', `no Node base image: ${refusal}; and none can be assembled: ${obstacle}`, {
      hint: `docker pull ${OFFICIAL_BASE_IMAGE}, or docker load one, then try again`,
    });
  }
  const reference = assembledReference();
  await assembleBaseImage(engine, reference);
  const id = await findImageId(engine, reference);
  if (!id) throw new DevnetError('image_failed', `the engine took the image ${reference} but does not hold it`);
  return { reference, id, origin: ASSEMBLED_ORIGIN, assembled: true };
}

/** The base that the engine holds already, the official one first. */
export async function findLocalBaseImage(engine: Engine): Promise<BaseImage | undefined> {
  const official = await findImageId(engine, OFFICIAL_BASE_IMAGE);
  if (official) return { reference: OFFICIAL_BASE_IMAGE, id: official, origin: 'official base', assembled: false };
  const reference = assembledReference();
  const assembled = await findImageId(engine, reference);
  return assembled ? { reference, id: assembled, origin: ASSEMBLED_ORIGIN, assembled: true } : undefined;
}

function assembledReference(): string {
  return `devnet-base:${assembledTag()}`;
}

function assembledTag(): string {
  return createHash('sha256')
    .update(`${process.version} ${process.arch} ${process.execPath}`)
    .digest('hex')
    .slice(0, 12);
}

/** Why this machine's node cannot run in the engine's containers, if it cannot. */
function assemblyObstacle(engine: Engine): string | undefined {
  const here = { x64: 'amd64', arm64: 'arm64' }[arch() as string] ?? arch();
  if (process.platform !== 'linux') return `this machine runs ${process.platform}, containers run linux`;
  if (here !== engine.architecture) return `this machine is ${here}, the engine's is ${engine.architecture}`;
  return undefined;
}

async function assembleBaseImage(engine: Engine, reference: string): Promise<void> {
  const libraries = await listSharedLibraries(process.execPath);
  const tar = pack();
  const epoch = new Date(0);
  const write = async () => {
    tar.entry({ name: 'tmp/', type: 'directory', mode: 0o1777, mtime: epoch });
    tar.entry(
      { name: 'etc/passwd', mtime: epoch },
      'root:x:0:0:root:/:/sbin/nologin\nnode:x:1000:1000:node:/:/sbin/nologin\n',
    );
    tar.entry({ name: 'etc/group', mtime: epoch }, 'root:x:0:\nnode:x:1000:\n');
    tar.entry({ name: 'etc/nsswitch.conf', mtime: epoch }, 'hosts: files dns\n');
    // Library links are followed: each stands as a plain file under the very path that the loader asks for.
    for (const [name, source] of [
      ['/usr/local/bin/node', process.execPath],
      ...libraries.map((path) => [path, path]),
    ]) {
      tar.entry({ name: (name as string).slice(1), mode: 0o755, mtime: epoch }, await readFile(source as string));
    }
    tar.finalize();
  };
  const [repository, tag] = reference.split(':') as [string, string];
  await Promise.all([write(), importImage(engine, tar, repository, tag)]);
}

/** Absolute paths of the shared libraries, and of the loader, that a program needs. */
export async function listSharedLibraries(program: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ldd', [program]);
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] as string);
}
