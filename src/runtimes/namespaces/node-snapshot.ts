import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cachedDataVersionTag } from 'node:v8';

const BUILD_TIMEOUT_MS = 30_000;

/**
 * Returns V8's startup snapshot of the bundled node, from which it starts and links in less time. It is made, in a second, where
 * there is none yet of this program for this version of Node and this processor: Node refuses any other.
 *
 * @param program path of the program; snapshots are kept beside it, in a folder `snapshots`
 * @returns its path; undefined where the program must do: the folder cannot be written, or Node makes none
 */
export async function ensureNodeSnapshot(program: string): Promise<string | undefined> {
  const folder = join(dirname(program), 'snapshots');
  const prefix = `node-${process.version}-${process.arch}-${cachedDataVersionTag().toString(16)}-`;
  const hash = createHash('sha256').update(await readFile(program));
  const name = `${prefix}${hash.digest('hex').slice(0, 12)}.blob`;
  const path = join(folder, name);
  if (await exists(path)) return path;
  const unfinished = `${path}.${randomUUID()}`;
  try {
    await mkdir(folder, { recursive: true });
    const args = ['--snapshot-blob', unfinished, '--build-snapshot', program];
    await promisify(execFile)(process.execPath, args, { env: {}, timeout: BUILD_TIMEOUT_MS, killSignal: 'SIGKILL' });
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
