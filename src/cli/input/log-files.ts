import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { entryFromJson, type LogEntry } from '../../network/log-entry.ts';
import { DevnetError } from '../../shared/errors.ts';
import { unwritableError } from '../../shared/file-error.ts';
import { createPrivateFolder } from '../../shared/private-folder.ts';

const ENTRIES_PER_BATCH = 1_000;

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

/**
 * Reads a network's log files in batches, oldest first.
 * @throws DevnetError `file_unreadable` when there are none
 */
export async function* readLogFiles(name: string): AsyncGenerator<LogEntry[]> {
  const files = listLogFiles(name);
  if (files.length === 0) {
    throw new DevnetError('file_unreadable', `no log of "${name}" in ${networkFolder(name)}`, {
      hint: 'run this in the folder in which `devnet up` ran without -d',
    });
  }
  for (const file of files) {
    let batch: LogEntry[] = [];
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      const entry = entryFromJson(line);
      if (entry) batch.push(entry);
      if (batch.length < ENTRIES_PER_BATCH) continue;
      yield batch;
      batch = [];
    }
    yield batch;
  }
}

function listLogFiles(name: string): string[] {
  let files: string[];
  try {
    files = readdirSync(networkFolder(name));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
  const age = (file: string) => Number(/^log(\d*)\.jsonl$/.exec(file)?.[1] || 0);
  return files
    .filter((file) => /^log\d*\.jsonl$/.test(file))
    .sort((a, b) => age(b) - age(a))
    .map((file) => join(networkFolder(name), file));
}
