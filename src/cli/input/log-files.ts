import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { entryFromJson, type LogEntry } from '../../network/log-entry.ts';
import { DevnetError } from '../../shared/errors.ts';

/** Where the merged log of a devnet is kept, in the folder that `up` ran in; it stays when the devnet is taken down. */
export function networkFolder(devnet: string): string {
  return join('.devnet', devnet);
}

/** The file that is written to; when it is full it is set aside as `log1.jsonl`, and those before it move on by one. */
export function logFilePath(devnet: string): string {
  return join(networkFolder(devnet), 'log.jsonl');
}

/**
 * Entries of a devnet's log files, the oldest first, in batches.
 * @throws DevnetError `file_unreadable` when there are none
 */
export async function* readLogFiles(devnet: string): AsyncGenerator<LogEntry[]> {
  const files = listLogFiles(devnet);
  if (files.length === 0) {
    throw new DevnetError('file_unreadable', `there is no log of "${devnet}" in ${networkFolder(devnet)}`, {
      hint: 'an `up` without -d writes one, in the folder that it runs in',
    });
  }
  for (const file of files) {
    let batch: LogEntry[] = [];
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      const entry = entryFromJson(line);
      if (entry) batch.push(entry);
      if (batch.length < 1_000) continue;
      yield batch;
      batch = [];
    }
    yield batch;
  }
}

function listLogFiles(devnet: string): string[] {
  let names: string[];
  try {
    names = readdirSync(networkFolder(devnet));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
  const age = (name: string) => Number(/^log(\d*)\.jsonl$/.exec(name)?.[1] || 0);
  return names
    .filter((name) => /^log\d*\.jsonl$/.test(name))
    .sort((a, b) => age(b) - age(a))
    .map((name) => join(networkFolder(devnet), name));
}
