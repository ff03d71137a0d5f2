import { writeSync } from 'node:fs';
import { describeError } from '../../shared/errors.ts';

/** Signals that end a process which does not listen for them. */
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const STDERR_FD = 2;

const dumps = new Set<() => string>();

/**
 * Has a dump written if this process ends, by `process.exit`, an error that nobody catches or a signal that nobody listens for.
 * Nothing can be awaited by then.
 * @param write writes the dump, and returns what to print
 * @returns cancels it
 */
export function dumpAtExit(write: () => string): () => void {
  if (dumps.size === 0) {
    process.on('exit', writeDumps);
    for (const signal of ENDING_SIGNALS) process.on(signal, endBySignal);
  }
  dumps.add(write);
  return () => {
    if (!dumps.delete(write) || dumps.size > 0) return;
    process.off('exit', writeDumps);
    for (const signal of ENDING_SIGNALS) process.off(signal, endBySignal);
  };
}

function writeDumps(): void {
  for (const write of dumps) {
    dumps.delete(write);
    try {
      writeSync(STDERR_FD, `${write()}\n`);
    } catch (cause) {
      writeSync(STDERR_FD, `devnet: no artifacts: ${describeError(cause)}\n`);
    }
  }
}

function endBySignal(signal: NodeJS.Signals): void {
  // Another listener, as that of a test runner, decides what the signal does.
  if (process.listenerCount(signal) > 1) return;
  writeDumps();
  process.off(signal, endBySignal);
  process.kill(process.pid, signal);
}
