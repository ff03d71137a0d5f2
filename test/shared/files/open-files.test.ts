import { describe, expect, it } from 'vitest';
import {
  assertOpenFiles,
  maxOpenFiles,
  openFilesError,
  requiredOpenFiles,
} from '../../../src/shared/files/open-files.ts';

describe('assertOpenFiles', () => {
  it('names the number that is needed, the one there is, and the command that raises it', () => {
    expect(() => assertOpenFiles('"ring"', 328, 200)).toThrow(
      expect.objectContaining({
        code: 'host_limit',
        message: '"ring" needs 328 open files at once, and this process may have 200',
        hint: 'ulimit -n 512',
      }),
    );
  });

  it.each([[328], [1_024], [undefined]])('accepts a limit of %s where 328 are needed', (limit) => {
    expect(() => assertOpenFiles('"ring"', 328, limit)).not.toThrow();
  });
});

it('needs more for more nodes', () => {
  expect([0, 1, 1_000].map(requiredOpenFiles)).toEqual([128, 130, 2_128]);
});

it.runIf(process.platform === 'linux')('knows the limit of this process', () => {
  expect(maxOpenFiles()).toBeGreaterThan(0);
});

describe('openFilesError', () => {
  it.each([
    ['EMFILE', /^this process needs more open files than the \d+ that it may have$/],
    ['ENFILE', /^this machine has too many open files$/],
  ])('says what %s means', (code, message) => {
    expect(openFilesError({ code })).toMatchObject({ code: 'host_limit', message: expect.stringMatching(message) });
  });

  it('is no answer to other errors', () => {
    expect(openFilesError({ code: 'ECONNREFUSED' })).toBeUndefined();
  });
});
