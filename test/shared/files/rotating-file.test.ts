import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RotatingFile } from '../../../src/shared/files/rotating-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'devnet-rotating-'));
  path = join(folder, 'log.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (name: string) => readFileSync(join(folder, name), 'utf8');

describe('RotatingFile', () => {
  it('has every line once and in order across all files, none above its size', async () => {
    const file = await RotatingFile.open(path, { maxBytes: 1_000, maxFiles: 50 });
    const lines = Array.from({ length: 2_000 }, (_, i) => `line ${i}\n`);
    for (let start = 0; start < lines.length; start += 7) await file.append(lines.slice(start, start + 7).join(''));
    await file.close();
    const names = readdirSync(folder).sort((a, b) => Number(/\d+/.exec(b) ?? 0) - Number(/\d+/.exec(a) ?? 0));
    expect(names.length).toBeGreaterThan(10);
    expect(names.map(read).join('')).toBe(lines.join(''));
    expect(Math.max(...names.map((name) => statSync(join(folder, name)).size))).toBeLessThanOrEqual(1_000);
  });

  it('keeps as many files as asked for, the newest', async () => {
    const file = await RotatingFile.open(path, { maxBytes: 4, maxFiles: 3 });
    for (const line of ['a\n', 'b\n', 'c\n', 'd\n', 'e\n', 'f\n', 'g\n', 'h\n', 'i\n']) await file.append(line);
    await file.close();
    expect(readdirSync(folder).map((name) => [name, read(name)])).toEqual([
      ['log.jsonl', 'i\n'],
      ['log1.jsonl', 'g\nh\n'],
      ['log2.jsonl', 'e\nf\n'],
    ]);
  });

  it('continues a file, on a new line where the last one was cut off', async () => {
    writeFileSync(path, 'whole\nhal');
    const first = await RotatingFile.open(path, { maxBytes: 1_000, maxFiles: 2 });
    await first.append('next\n');
    await first.close();
    const second = await RotatingFile.open(path, { maxBytes: 1_000, maxFiles: 2 });
    await second.append('last\n');
    await second.close();
    expect(read('log.jsonl')).toBe('whole\nhal\nnext\nlast\n');
  });

  it('can be read by its owner only, and is not left behind empty', async () => {
    const file = await RotatingFile.open(path, { maxBytes: 4, maxFiles: 2 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await file.append('aaaa\n');
    await file.append('bbbb\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await file.close();
    rmSync(path);
    await (await RotatingFile.open(path, { maxBytes: 4, maxFiles: 2 })).close();
    expect(readdirSync(folder)).toEqual(['log1.jsonl']);
  });

  it('throws the error of the system when it cannot be opened or rotated', async () => {
    mkdirSync(path);
    await expect(RotatingFile.open(path, { maxBytes: 4, maxFiles: 2 })).rejects.toMatchObject({ code: 'EISDIR' });
    rmSync(path, { recursive: true });
    const file = await RotatingFile.open(path, { maxBytes: 4, maxFiles: 2 });
    await file.append('aaaa\n');
    rmSync(path);
    mkdirSync(path);
    mkdirSync(join(folder, 'log1.jsonl'));
    writeFileSync(join(folder, 'log1.jsonl', 'file'), '');
    await expect(file.append('bbbb\n')).rejects.toThrow();
  });
});
