import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DevnetError } from '../shared/errors.ts';
import { createPrivateFolder } from '../shared/files/private-folder.ts';
import { listSegments } from './segment-files.ts';

/** Folder with the recordings of a network, below the network's own. */
const RECORDINGS_FOLDER = 'recordings';
/** File with the recording, in a folder of artifacts. */
export const ARTIFACTS_RECORDING = 'recording.jsonl';
/** Recordings of a network that are kept; those of earlier runs are removed. */
const MAX_RECORDINGS = 4;
/** Changed within this time, a recording may still be written, milliseconds. */
const MAX_IDLE_MS = 3_600_000;

/**
 * Creates the folder of a new recording, `recordings/TIME`, and removes the oldest ones where there are too many.
 * @param parent folder of the network
 * @throws NodeJS.ErrnoException
 */
export async function createRecordingFolder(parent: string, time = new Date()): Promise<string> {
  const recordings = join(parent, RECORDINGS_FOLDER);
  createPrivateFolder(recordings);
  const name = time.toISOString().replaceAll(/[:.]/g, '-');
  for (let number = 1; ; number++) {
    const folder = join(recordings, number === 1 ? name : `${name}-${number}`);
    try {
      await mkdir(folder, { mode: 0o700 });
      await removeOldRecordings(recordings, time.getTime()).catch(() => {});
      return folder;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    }
  }
}

/**
 * Finds a recording: a file, its folder, the folder of a network (then the newest one), or a folder of artifacts.
 * @returns path for a reader
 * @throws DevnetError `file_unreadable` when there is none
 */
export async function findRecording(path: string): Promise<string> {
  for (const file of [path, join(path, ARTIFACTS_RECORDING)])
    if ((await stat(file).catch(() => undefined))?.isFile()) return file;
  if (await hasSegments(path)) return path;
  const newest = await newestRecording(path);
  if (newest !== undefined) return newest;
  throw new DevnetError('file_unreadable', `no recording in ${path}`, {
    hint: 'up without -d, run and devnet record write one to .devnet/NAME/recordings',
  });
}

/** Returns the newest recording below the folder of a network; undefined where there is none. */
export async function newestRecording(parent: string): Promise<string | undefined> {
  const recordings = join(parent, RECORDINGS_FOLDER);
  for (const name of (await listFolder(recordings)).toReversed()) {
    if (await hasSegments(join(recordings, name))) return join(recordings, name);
  }
  return undefined;
}

async function removeOldRecordings(recordings: string, nowMs: number): Promise<void> {
  for (const name of (await listFolder(recordings)).slice(0, -MAX_RECORDINGS)) {
    const folder = join(recordings, name);
    const last = (await listSegments(folder)).at(-1);
    const changedMs = (await stat(last?.path ?? folder)).mtimeMs;
    if (nowMs - changedMs > MAX_IDLE_MS) await rm(folder, { recursive: true, force: true });
  }
}

async function hasSegments(folder: string): Promise<boolean> {
  return (await listSegments(folder).catch(() => [])).length > 0;
}

/** Lists the names in a folder, oldest recording first; none where there is no such folder. */
async function listFolder(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}
