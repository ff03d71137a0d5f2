import { setImmediate } from 'node:timers/promises';
import { describeFileError, isReaderGone } from '../../shared/files/file-error.ts';
import { paint, writeToStderr } from './format.ts';

/**
 * Why nothing more can be written to standard output: its reader went away, as with `devnet ls | head`, which is no failure of
 * the command; or it is, for example, a file on a full disk.
 */
export type OutputFailure = 'reader gone' | 'unwritable';

let outputFailure: OutputFailure | undefined;

/** Returns why nothing more can be written to standard output; undefined while it can. */
export function standardOutputFailure(): OutputFailure | undefined {
  return outputFailure;
}

/**
 * Keeps errors of the standard streams from ending this process. Reports on standard error that standard output cannot be
 * written; the reverse has no place to be reported.
 */
export function handleStandardStreamErrors(): void {
  process.stdout.on('error', (cause) => {
    if (outputFailure !== undefined) return;
    outputFailure = isReaderGone(cause) ? 'reader gone' : 'unwritable';
    if (outputFailure === 'unwritable')
      writeToStderr(
        `${paint('red', 'devnet:', process.stderr)} cannot write standard output: ${describeFileError(cause)}`,
      );
  });
  process.stderr.on('error', () => {});
}

/** Resolves when everything written to standard output and error has left this process: a pipe takes 64 KiB at a time. */
export async function flushStandardStreams(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(flush));
  // A write to a file fails at once, and says so in the next round of the event loop.
  await setImmediate();
}

async function flush(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write('', () => resolve()));
}
