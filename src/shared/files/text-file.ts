import { accessSync, closeSync, constants, existsSync, openSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { DevnetError } from '../errors.ts';
import { describeFileError } from './file-error.ts';

/** Stands for standard input wherever a file is read. */
export const STANDARD_INPUT = '-';

/** Standard input can be read only once, and a scenario and its topology may be one file. */
let standardInput: Promise<string> | undefined;

/**
 * Reads a text file, or standard input where the file is `-`.
 * @param what kind of file, for the message: `topology`
 * @param hint what to do when it cannot be read
 * @throws DevnetError `file_unreadable`
 */
export async function readTextFile(file: string, what: string, hint: string): Promise<string> {
  try {
    if (file !== STANDARD_INPUT) return await readFile(file, 'utf8');
    standardInput ??= text(process.stdin);
    return await standardInput;
  } catch (cause) {
    throw new DevnetError(
      'file_unreadable',
      `cannot read the ${what} ${displayName(file)}: ${describeFileError(cause, 'file')}`,
      { hint, cause },
    );
  }
}

/** Returns the name of a file for messages: compilers call standard input `<stdin>`. */
export function displayName(file: string): string {
  return file === STANDARD_INPUT ? '<stdin>' : file;
}

/**
 * Writes a file that a person asked for.
 * @throws DevnetError `usage` when it cannot be written
 */
export function writeOutputFile(file: string, content: string | Uint8Array): void {
  try {
    writeFileSync(file, content);
  } catch (cause) {
    throw outputFileError(file, cause);
  }
}

/**
 * Checks that a file that a person asked for can be written, before the work starts whose result it is to hold.
 * @throws DevnetError `usage` when it cannot be written
 */
export function assertOutputFileWritable(file: string): void {
  try {
    if (existsSync(file)) closeSync(openSync(file, 'a'));
    else accessSync(`${dirname(file)}/.`, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw outputFileError(file, cause);
  }
}

function outputFileError(file: string, cause: unknown): DevnetError {
  return new DevnetError('usage', `cannot write ${file}: ${describeFileError(cause)}`, {
    hint: 'create its folder, or name another file',
    cause,
  });
}
