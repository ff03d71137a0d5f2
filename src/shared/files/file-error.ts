import { getSystemErrorMap } from 'node:util';
import { DevnetError } from '../errors.ts';

/**
 * Says why a file could not be used, in the system's words: `permission denied`, `no space left on device`.
 * @param missing what is missing if there is no such file. @default 'folder', as when a file is written
 */
export function describeFileError(cause: unknown, missing: 'file' | 'folder' = 'folder'): string {
  const { code, errno, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `no such ${missing}`;
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'ENOTDIR') return 'a part of its path is a file';
  if (code === 'EEXIST') return 'a file is in its place';
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
}

/** Returns whether a write failed because the reader of a pipe or socket went away. */
export function isReaderGone(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ECONNRESET';
}

/** Returns whether a write failed because the disk, or the user's share of it, is full. */
export function isDiskFull(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Creates the error of a file or folder that cannot be written: `disk_full` or `file_unwritable`. */
export function unwritableError(path: string, cause: unknown, hint: string): DevnetError {
  return new DevnetError(
    isDiskFull(cause) ? 'disk_full' : 'file_unwritable',
    `cannot write ${path}: ${describeFileError(cause)}`,
    { hint, cause },
  );
}

/** Returns whether there is no such file, or one of the folders in its path is not there. */
export function isMissingFile(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
