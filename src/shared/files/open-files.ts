import { readFileSync } from 'node:fs';
import { DevnetError } from '../errors.ts';

/** Open files of a command: the packages that it loads, the engine, the terminal. */
const BASE_OPEN_FILES = 128;
/** Open files for each node of a network: a connection to it, and a request to the engine. */
const OPEN_FILES_PER_NODE = 2;

/** Returns how many files a command that uses every node of a network may have open at once. */
export function requiredOpenFiles(nodes: number): number {
  return BASE_OPEN_FILES + nodes * OPEN_FILES_PER_NODE;
}

/** Returns how many files this process may have open at once; undefined where the system does not tell, as outside Linux. */
export function maxOpenFiles(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/**
 * Refuses work that needs more open files than this process may have.
 * @param what subject of the message: `"ring"`
 * @throws DevnetError `host_limit`
 */
export function assertOpenFiles(what: string, needed: number, limit = maxOpenFiles()): void {
  if (limit === undefined || limit >= needed) return;
  throw new DevnetError(
    'host_limit',
    `${what} needs ${needed} open files at once, and this process may have ${limit}`,
    {
      hint: raiseLimitCommand(needed),
    },
  );
}

/** Returns the command that raises the limit of open files. */
export function raiseLimitCommand(needed: number): string {
  return `ulimit -n ${2 ** Math.ceil(Math.log2(needed))}`;
}

/** Returns an error that says so if something failed because this process, or the machine, has too many open files. */
export function openFilesError(cause: unknown): DevnetError | undefined {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENFILE') return new DevnetError('host_limit', 'this machine has too many open files', { cause });
  if (code !== 'EMFILE') return undefined;
  const limit = maxOpenFiles();
  return new DevnetError(
    'host_limit',
    `this process needs more open files than the ${limit ?? 'few'} that it may have`,
    {
      hint: raiseLimitCommand(2 * (limit ?? BASE_OPEN_FILES)),
      cause,
    },
  );
}
