import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { assertOutputFileWritable, writeOutputFile } from '../../../src/shared/files/text-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-text-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'taken'));
writeFileSync(join(folder, 'old'), 'old');

describe('assertOutputFileWritable', () => {
  it('neither creates nor changes a file', () => {
    for (const file of ['new', 'old']) assertOutputFileWritable(join(folder, file));
    expect(existsSync(join(folder, 'new'))).toBe(false);
    expect(readFileSync(join(folder, 'old'), 'utf8')).toBe('old');
  });

  it.each([
    ['none/report', 'no such folder'],
    ['old/report', 'a part of its path is a file'],
    ['taken', 'it is a folder'],
  ])('refuses %s as writeOutputFile does: %s', (file, reason) => {
    const refusal = { code: 'usage', message: `cannot write ${join(folder, file)}: ${reason}` };
    expect(() => assertOutputFileWritable(join(folder, file))).toThrow(expect.objectContaining(refusal));
    expect(() => writeOutputFile(join(folder, file), '')).toThrow(expect.objectContaining(refusal));
  });
});
