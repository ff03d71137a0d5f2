import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { type Pack, pack } from 'tar-fs';
import { DevnetError } from '../../shared/errors.ts';
import { assertImageReference } from '../../shared/image-reference.ts';
import type { Engine } from '../connection/engine.ts';
import { assemblyObstacle } from './base-image.ts';
import { parseDockerfileBases, replaceDockerfileBases } from './dockerfile.ts';
import { findHostProgram, type HostFiles, type HostProgram } from './host-programs.ts';
import { buildImage, findImageId, pullImage } from './images.ts';
import { importRootFileSystem } from './root-file-system.ts';

/** Programs that common base images contain, by the last part of an image's name: those of this machine stand in for them. */
const PROGRAMS_OF_BASES: Record<string, readonly string[]> = { node: ['node'], python: ['python3'] };
const BASES_WITH_A_SHELL = [
  'alpine',
  'bash',
  'busybox',
  'debian',
  'ubuntu',
  'fedora',
  ...Object.keys(PROGRAMS_OF_BASES),
];
/** The shell, and the tools that scripts use most; those that this machine lacks are left out. */
const SHELL_PROGRAMS = [
  ...[
    'sh',
    'bash',
    'awk',
    'basename',
    'cat',
    'cp',
    'cut',
    'date',
    'dirname',
    'echo',
    'env',
    'expr',
    'false',
    'flock',
    'grep',
  ],
  ...[
    'head',
    'id',
    'kill',
    'ls',
    'mkdir',
    'mkfifo',
    'mktemp',
    'mv',
    'od',
    'printf',
    'rm',
    'rmdir',
    'sed',
    'seq',
    'sleep',
  ],
  ...['sort', 'tail', 'tee', 'timeout', 'touch', 'tr', 'true', 'uniq', 'wc', 'xargs'],
];

/** Origin of a base that a folder was built on. */
export interface UsedBase {
  /** The image that the Dockerfile names. */
  reference: string;
  /** `local`: the engine had it; `pulled`; `assembled`: this machine's own programs, since no registry answered. */
  origin: 'local' | 'pulled' | 'assembled';
  /** Contents of an assembled base, as in `python 3.11.7, bash`. */
  programs?: string;
}

/** Options of {@link buildFolder}. */
export interface BuildFolderOptions {
  /** Name of the image. */
  tag: string;
  /** Further programs of this machine for an assembled base. @default none */
  programs?: readonly string[];
}

/**
 * Builds the image of a folder with a Dockerfile, as `docker build` does, and where the base of a stage is neither on the
 * engine nor to be had from a registry, on a base assembled from this machine's own programs.
 * @returns the bases it was built on, in the Dockerfile's order
 * @throws DevnetError `file_unreadable` without a Dockerfile, `image_missing` where a base cannot be had or assembled,
 *   `usage` where one has no valid name, `image_failed` with the end of the build's output, `disk_full`
 */
export async function buildFolder(engine: Engine, folder: string, options: BuildFolderOptions): Promise<UsedBase[]> {
  const dockerfile = await readDockerfile(folder);
  const named = parseDockerfileBases(dockerfile);
  for (const { line, reference } of named)
    assertImageReference(reference, `FROM in line ${line + 1} of the Dockerfile`);
  const bases = await Promise.all(
    named.map(async ({ line, reference }) => ({
      line,
      base: await provideBase(engine, reference, options.programs ?? []),
    })),
  );
  const assembled = new Map(
    bases.flatMap(({ line, base }) => (base.assembledReference === undefined ? [] : [[line, base.assembledReference]])),
  );
  const context = await packContext(folder, replaceDockerfileBases(dockerfile, assembled));
  await buildImage(engine, context, { tag: options.tag, args: {}, labels: { 'devnet.image': 'folder' } });
  return bases.map(({ base: { assembledReference: _, ...used } }) => used);
}

async function readDockerfile(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, 'Dockerfile'), 'utf8');
  } catch (cause) {
    const isFolder = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    throw new DevnetError(
      'file_unreadable',
      isFolder ? `${folder} has no Dockerfile that can be read` : `there is no folder ${folder}`,
      { hint: 'three lines will do: FROM python:3-slim, COPY node.py /, CMD ["python3", "/node.py"]', cause },
    );
  }
}

async function provideBase(
  engine: Engine,
  reference: string,
  further: readonly string[],
): Promise<UsedBase & { assembledReference?: string }> {
  if ((await findImageId(engine, reference)) !== undefined) return { reference, origin: 'local' };
  const refusal = await pullImage(engine, reference);
  if (refusal === undefined) return { reference, origin: 'pulled' };
  const name = (reference.split('/').at(-1) as string).replace(/[:@].*$/, '');
  const obstacle = BASES_WITH_A_SHELL.includes(name)
    ? assemblyObstacle(engine)
    : `devnet does not know what is in ${name}`;
  if (obstacle !== undefined) {
    throw new DevnetError(
      'image_missing',
      `no base image ${reference}: ${refusal.reason}; and none can be assembled: ${obstacle}`,
      {
        hint: `docker pull ${reference}, or docker load it; or copy a program that was compiled here onto FROM debian:bookworm-slim`,
      },
    );
  }
  const needed = [...(PROGRAMS_OF_BASES[name] ?? []), ...further];
  return { reference, origin: 'assembled', ...(await assembleBase(engine, needed)) };
}

/** Assembles a base from this machine's programs, unless the engine has the same already. */
async function assembleBase(
  engine: Engine,
  needed: readonly string[],
): Promise<{ programs: string; assembledReference: string }> {
  const found: HostProgram[] = [];
  for (const name of needed) {
    const program = await findHostProgram(name);
    if (!program) {
      throw new DevnetError('image_missing', `this machine has no program "${name}" to assemble a base image from`, {
        hint: `install ${name} here, or docker load a base image`,
      });
    }
    found.push(program);
  }
  const shell = await Promise.all(SHELL_PROGRAMS.map(findHostProgram));
  const files: HostFiles = new Map();
  for (const program of [...shell, ...found])
    for (const [path, source] of program?.files ?? []) files.set(path, source);
  // Scripts name their shell by these paths.
  for (const name of ['sh', 'bash']) copyEntry(files, `/usr/local/bin/${name}`, `/bin/${name}`);
  copyEntry(files, '/usr/local/bin/env', '/usr/bin/env');
  copyEntry(files, '/usr/local/bin/python3', '/usr/bin/python3');
  const tag = await hashFiles(files);
  if ((await findImageId(engine, `devnet-base:${tag}`)) === undefined)
    await importRootFileSystem(engine, files, 'devnet-base', tag);
  const programs = [...found.map(({ description }) => description), 'a shell'].join(', ');
  return { programs, assembledReference: `devnet-base:${tag}` };
}

function copyEntry(files: HostFiles, from: string, to: string): void {
  const source = files.get(from);
  if (source !== undefined) files.set(to, source);
}

/** Hashes paths, sizes and times: reading tens of megabytes at each build would take longer than the build. */
async function hashFiles(files: HostFiles): Promise<string> {
  const hash = createHash('sha256');
  const entries = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, source] of entries) {
    const { size, mtimeMs } = await stat(source);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 12);
}

/** Packs a build context less what .dockerignore names, with this text as its Dockerfile. */
async function packContext(folder: string, dockerfile: string): Promise<Pack> {
  const rules = await readFile(join(folder, '.dockerignore'), 'utf8').catch(() => '');
  const ignored = dockerignore.default({ ignorecase: false }).add(rules);
  const hasExceptions = /^\s*!/m.test(rules);
  return pack(folder, {
    ignore: (path) => {
      const name = relative(folder, path);
      if (name === 'Dockerfile') return true;
      // A folder that is ignored may have files in it that are not.
      return name !== '' && ignored.ignores(name) && !(hasExceptions && lstatSync(path).isDirectory());
    },
    finalize: false,
    finish: (context) => {
      context.entry({ name: 'Dockerfile' }, dockerfile);
      context.finalize();
    },
  });
}
