import { writeSync } from 'node:fs';
import { describeError } from '../../shared/errors.ts';

/** Signals that end a process which does not listen for them. */
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const STDERR_FD = 2;

interface ExitDump {
  /** Writes the dump. @returns what to print */
  write: () => string;
  /** Adds to the dump what takes longer, after that was printed. Never throws. */
  complete: () => void;
}

const dumps = new Set<ExitDump>();

/**
 * Has a dump written if this process ends, by `process.exit`, an error that nobody catches or a signal that nobody listens for.
 * Nothing can be awaited by then.
 * @returns cancels it
 */
export function dumpAtExit(dump: ExitDump): () => void {
  if (dumps.size === 0) {
    process.on('exit', writeDumps);
    for (const signal of ENDING_SIGNALS) process.on(signal, endBySignal);
  }
  dumps.add(dump);
  return () => {
    if (!dumps.delete(dump) || dumps.size > 0) return;
    process.off('exit', writeDumps);
    for (const signal of ENDING_SIGNALS) process.off(signal, endBySignal);
  };
}

function writeDumps(): void {
  for (const dump of dumps) {
    dumps.delete(dump);
    try {
      writeSync(STDERR_FD, `${dump.write()}\n`);
      dump.complete();
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
