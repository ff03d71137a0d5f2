import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeFileError, isDiskFull, unwritableError } from '../../../src/shared/files/file-error.ts';

function errorOf(action: () => void): unknown {
  try {
    action();
  } catch (cause) {
    return cause;
  }
  return expect.unreachable('it fails');
}

const FULL = errorOf(() => writeFileSync('/dev/full', 'x'));

describe('describeFileError', () => {
  it.each([
    [FULL, 'no space left on device'],
    [errorOf(() => writeFileSync('/none/file', '')), 'no such folder'],
    [errorOf(() => writeFileSync('/dev/null/file', '')), 'a part of its path is a file'],
    [errorOf(() => writeFileSync('/dev', '')), 'it is a folder'],
    [errorOf(() => mkdirSync('/dev/null', { recursive: true })), 'a file is in its place'],
    [Object.assign(new Error('EACCES: …'), { code: 'EACCES', errno: -13 }), 'permission denied'],
    [new Error('something else'), 'something else'],
  ])('says why, without code and call: %s', (cause, expected) => {
    expect(describeFileError(cause)).toBe(expected);
  });
});

describe('unwritableError', () => {
  it('tells a full disk from a folder that cannot be written', () => {
    expect(isDiskFull(FULL)).toBe(true);
    expect(unwritableError('x', FULL, 'hint')).toMatchObject({
      code: 'disk_full',
      message: 'cannot write x: no space left on device',
      hint: 'hint',
    });
    expect(unwritableError('x', Object.assign(new Error(), { code: 'EROFS', errno: -30 }), 'hint')).toMatchObject({
      code: 'file_unwritable',
      message: 'cannot write x: read-only file system',
    });
  });
});
