import { createHash } from 'node:crypto';
import { arch } from 'node:os';
import { DevnetError } from '../../shared/errors.ts';
import type { Engine } from '../connection/engine.ts';
import { findHostProgram, type HostProgram } from './host-programs.ts';
import { findImageId, pullImage } from './images.ts';
import { importRootFileSystem } from './root-file-system.ts';

/** The base that the Dockerfile names. */
export const OFFICIAL_BASE_IMAGE = 'node:20-bookworm-slim';

export interface BaseImage {
  reference: string;
  id: string;
  /** Source of the image, for the log. */
  origin: string;
  /** True when it was made from this machine's own files. */
  assembled: boolean;
}

/**
 * Returns a base image with `node` in it: the official one where the engine has it or can pull it, else one assembled from
 * this machine's node and the libraries it loads. A base that was assembled before is used without asking a registry again.
 * @throws DevnetError `image_missing` when there is no base, `image_failed`, `disk_full`
 */
export async function ensureBaseImage(engine: Engine): Promise<BaseImage> {
  const local = await findLocalBaseImage(engine);
  if (local) return local;
  const refusal = await pullImage(engine, OFFICIAL_BASE_IMAGE);
  const pulled = await findOfficialBase(engine, 'official base, pulled');
  if (pulled) return pulled;
  const obstacle = assemblyObstacle(engine);
  if (obstacle) {
    throw new DevnetError(
      'image_missing',
      `no Node base image: ${refusal?.reason}; and none can be assembled: ${obstacle}`,
      {
        hint: `docker pull ${OFFICIAL_BASE_IMAGE}, or docker load one, then try again`,
      },
    );
  }
  await assembleBaseImage(engine);
  const assembled = await findAssembledBase(engine);
  if (assembled) return assembled;
  throw new DevnetError('image_failed', 'the engine imported the base image but does not list it');
}

/** Returns a base that the engine has, the official one first. Builds and pulls nothing. */
export async function findLocalBaseImage(engine: Engine): Promise<BaseImage | undefined> {
  return (await findOfficialBase(engine, 'official base')) ?? findAssembledBase(engine);
}

async function findOfficialBase(engine: Engine, origin: string): Promise<BaseImage | undefined> {
  const id = await findImageId(engine, OFFICIAL_BASE_IMAGE);
  return id === undefined ? undefined : { reference: OFFICIAL_BASE_IMAGE, id, origin, assembled: false };
}

async function findAssembledBase(engine: Engine): Promise<BaseImage | undefined> {
  const reference = `devnet-base:${assembledTag()}`;
  const id = await findImageId(engine, reference);
  const origin = `base assembled from this machine's node ${process.versions.node}`;
  return id === undefined ? undefined : { reference, id, origin, assembled: true };
}

function assembledTag(): string {
  const node = `${process.version} ${process.arch} ${process.execPath}`;
  return createHash('sha256').update(node).digest('hex').slice(0, 12);
}

/** Returns why this machine's programs cannot run in the engine's containers; undefined when they can. */
export function assemblyObstacle(engine: Engine): string | undefined {
  const here = { x64: 'amd64', arm64: 'arm64' }[arch() as string] ?? arch();
  if (process.platform !== 'linux') return `this machine runs ${process.platform}, containers run linux`;
  if (here !== engine.architecture) return `this machine is ${here}, the engine's is ${engine.architecture}`;
  return undefined;
}

async function assembleBaseImage(engine: Engine): Promise<void> {
  const { files } = (await findHostProgram('node')) as HostProgram;
  await importRootFileSystem(engine, files, 'devnet-base', assembledTag());
}
