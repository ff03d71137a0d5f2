import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that has the lock of a network. */
export interface LockHolder {
  child: ChildProcess;
  /** Resolves when so many have come to wait for the lock. */
  untilWaiting(count: number): Promise<void>;
}

const PROGRAM = `
const { createServer } = require('net');
createServer(() => console.log('waiting')).listen('\\0' + process.argv[1], () => console.log('locked'));
process.stdin.on('end', () => process.exit()).resume();`;

/** Starts a process that takes a lock, which ends with this one at the latest. @param name of its socket */
export async function startLockHolder(name: string): Promise<LockHolder> {
  const child = spawn(process.execPath, ['-e', PROGRAM, name.slice(1)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (expected: string) => {
    const { value } = await lines.next();
    if (value !== expected) throw new Error(`the holder of the lock said ${value} instead of ${expected}`);
  };
  await next('locked');
  return {
    child,
    async untilWaiting(count) {
      for (let seen = 0; seen < count; seen++) await next('waiting');
    },
  };
}
