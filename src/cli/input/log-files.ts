import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { entryFromJson, type LogEntry } from '../../network/log-entry.ts';
import { readLines } from '../../recording/recording-lines.ts';
import { DevnetError } from '../../shared/errors.ts';
import { describeFileError, isMissingFile, unwritableError } from '../../shared/files/file-error.ts';
import { createPrivateFolder } from '../../shared/files/private-folder.ts';

/** Folder of a network's log and dumps, below the folder that `up` ran in. It stays when the network is removed. */
export function networkFolder(name: string): string {
  return join('.devnet', name);
}

/**
 * Creates the folder of a network.
 * @throws DevnetError `file_unwritable`, `disk_full`
 */
export function createNetworkFolder(name: string): void {
  const folder = networkFolder(name);
  try {
    createPrivateFolder(folder);
  } catch (cause) {
    throw unwritableError(folder, cause, 'run the command in a folder that you can write to');
  }
}

/** File that the merged log is written to. A full one becomes `log1.jsonl`, and those before it move on by one. */
export function logFilePath(name: string): string {
  return join(networkFolder(name), 'log.jsonl');
}

/** File in which commands note what they do to a network. */
export function journalFile(name: string): string {
  return join(networkFolder(name), 'journal.jsonl');
}

/**
 * Reads a network's log files in batches, oldest first.
 * @throws DevnetError `file_unreadable` when there are none, or they cannot be read
 */
export async function* readLogFiles(name: string): AsyncGenerator<LogEntry[]> {
  const folder = networkFolder(name);
  try {
    const files = await openLogFiles(folder);
    try {
      for (const file of files) yield* readEntries(file);
    } finally {
      await Promise.all(files.map((file) => file.close()));
    }
    if (files.length > 0) return;
  } catch (cause) {
    throw new DevnetError('file_unreadable', `cannot read the log in ${folder}: ${describeFileError(cause)}`, {
      hint: 'run this as the user that ran `devnet up`',
      cause,
    });
  }
  throw new DevnetError('file_unreadable', `no log of "${name}" in ${folder}`, {
    hint: 'run this in the folder in which `devnet up` ran without -d',
  });
}

/** Opens all files at once: their names change when a running `up` begins the next one. */
async function openLogFiles(folder: string): Promise<FileHandle[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (isMissingFile(cause)) return [];
    throw cause;
  });
  const age = (name: string) => Number(/^log(\d*)\.jsonl$/.exec(name)?.[1] || 0);
  const logs = names.filter((name) => /^log\d*\.jsonl$/.test(name)).sort((a, b) => age(b) - age(a));
  return Promise.all(logs.map((log) => open(join(folder, log))));
}

async function* readEntries(file: FileHandle): AsyncGenerator<LogEntry[]> {
  for await (const lines of readLines(file, 0))
    yield lines.flatMap(({ bytes }) => entryFromJson(bytes.toString('utf8')) ?? []);
}
