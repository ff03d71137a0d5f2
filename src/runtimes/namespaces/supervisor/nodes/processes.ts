import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Returns the id of a process's only child; undefined where it has none (any more). */
export function findChild(parent: number): number | undefined {
  return listProcesses().find((pid) => parentOf(pid) === parent);
}

/** Lists the processes in the namespace of process ids that a process is in. */
export function listNamespaceProcesses(pid: number): number[] {
  const namespace = namespaceOf(pid);
  return namespace === undefined ? [] : listProcesses().filter((other) => namespaceOf(other) === namespace);
}

/** Sends a signal; that the process has ended meanwhile is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause;
  }
}

/** Returns the parent that the text of /proc/PID/stat names. The program's name in it may hold any character. */
export function parseParent(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function listProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function parentOf(pid: number): number | undefined {
  const stat = unlessEnded(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat === undefined ? undefined : parseParent(stat);
}

function namespaceOf(pid: number): string | undefined {
  return unlessEnded(() => readlinkSync(`/proc/${pid}/ns/pid`));
}

function unlessEnded<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // The process ended while it was read.
  }
}
