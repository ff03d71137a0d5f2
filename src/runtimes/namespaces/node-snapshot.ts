import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { access, constants, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cachedDataVersionTag } from 'node:v8';
import type { Topology } from '../../topology/index.ts';
import { systemPath } from './preflight.ts';

/** Largest network that starts from a snapshot: each node takes 5 MB more memory for it, which is of no use after the start. */
const MAX_NODES = 200;
const BUILD_TIMEOUT_MS = 30_000;
/** Runs a command, until this process ends, in a network of its own, where nothing is in the way of nodes on its loopback interface. */
const IN_OWN_NETWORK = [
  ...['--user', '--map-root-user', '--net', '--'],
  ...['sh', '-c', 'ip link set lo up && exec setpriv --pdeathsig KILL "$@"', 'build-snapshot'],
];

/** Returns whether the bundled nodes of a network start from V8's snapshot of them, or from the program. */
export function startsFromSnapshot({ nodes }: Topology): boolean {
  return nodes.length <= MAX_NODES && nodes.some(({ command }) => command === undefined);
}

/**
 * Returns V8's startup snapshot of the bundled node, from which it starts and links in less time. It is made, in a second, where
 * there is none yet of this program for this version of Node and this processor: Node refuses any other.
 *
 * @param program path of the program; snapshots are kept beside it, in a folder `snapshots`
 * @returns its path; undefined where the program must do: the folder cannot be written, Node makes none, or `signal` aborts
 */
export async function ensureNodeSnapshot(program: string, signal?: AbortSignal): Promise<string | undefined> {
  const folder = join(dirname(program), 'snapshots');
  const prefix = `node-${process.version}-${process.arch}-${cachedDataVersionTag().toString(16)}-`;
  const hash = createHash('sha256').update(await readFile(program));
  const name = `${prefix}${hash.digest('hex').slice(0, 12)}.blob`;
  const path = join(folder, name);
  if (await exists(path)) return path;
  const unfinished = `${path}.${randomUUID()}`;
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    const command = [process.execPath, '--snapshot-blob', unfinished, '--build-snapshot', program];
    await promisify(execFile)('unshare', [...IN_OWN_NETWORK, ...command], {
      env: { PATH: systemPath() },
      timeout: BUILD_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      ...(signal ? { signal } : {}),
    });
    await rename(unfinished, path);
    // Those of other texts of the program, and what makers that were killed have left.
    for (const other of await readdir(folder))
      if (other.startsWith(prefix) && other !== name) await rm(join(folder, other), { force: true });
    return path;
  } catch {
    await rm(unfinished, { force: true }).catch(() => {});
    // Another process may have made it meanwhile; else the program does.
    return (await exists(path)) ? path : undefined;
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
