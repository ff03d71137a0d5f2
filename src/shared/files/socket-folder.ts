import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Creates a temporary folder for sockets of this process, which only this user can enter. It is removed at the end of the process,
 * and where that was killed, when the next one creates a folder of this purpose.
 * @throws NodeJS.ErrnoException
 */
export function createSocketFolder(purpose: 'hosts' | 'ssh'): string {
  removeFoldersOfEnded(purpose);
  const folder = mkdtempSync(join(tmpdir(), `${socketFolderPrefix(purpose, process.pid)}-`));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns what the folder names of a process begin with: the number of a process means nothing outside of its PID namespace. */
export function socketFolderPrefix(purpose: string, pid: number): string {
  return `devnet-${purpose}-${pidNamespace()}-${pid}`;
}

function removeFoldersOfEnded(purpose: string): void {
  const pattern = new RegExp(`^devnet-${purpose}-${pidNamespace()}-(\\d+)-`);
  for (const name of readdirSync(tmpdir())) {
    const pid = pattern.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // It is another user's, who removes it.
    }
  }
}

/** Returns the id of this process's PID namespace; 0 on systems without any. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '');
  } catch {
    return '0';
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
