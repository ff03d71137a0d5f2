import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Reaper } from '../../controller/lifecycle/reaper/reaper.ts';
import { packageRoot } from '../../shared/files/package-root.ts';

/** Last line to the process that writes the last dump. The others are JSON. */
export const DISMISSAL = 'done';

/** Writes the artifacts of a network if this process ends while it is up. */
export interface LastDump {
  /** Adds a line to the journal. */
  note(line: string): void;
  /** Ends it: the network is taken down, or stays up on purpose. */
  dismiss(): void;
}

/**
 * Starts a process that outlives this one and then writes the artifacts of a network. It shares the connection that the reaper
 * waits for, so that the network stays up until they are written.
 * @param folder below which each network has its own
 */
export function startLastDump(name: string, folder: string, { connection }: Pick<Reaper, 'connection'>): LastDump {
  const program = join(packageRoot, 'dist', 'last-dump.js');
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [program, name, folder], {
      // A process group of its own: a signal to this process's group does not reach it.
      detached: true,
      stdio: ['pipe', 'ignore', 'inherit', connection],
      windowsHide: true,
    });
  } catch {
    // A connection with TLS cannot be shared: artifacts are written only while this process runs.
    return { note: () => {}, dismiss: () => {} };
  }
  child.on('error', () => {}); // The same, where no process can be started.
  child.unref();
  const { stdin } = child;
  stdin?.on('error', () => {}); // It was killed.
  return {
    note: (line) => stdin?.write(`${line}\n`),
    dismiss: () => stdin?.end(`${DISMISSAL}\n`),
  };
}
