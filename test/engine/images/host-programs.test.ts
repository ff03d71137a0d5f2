import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { findHostProgram, listSharedLibraries } from '../../../src/engine/images/host-programs.ts';

const { PATH } = process.env;
const folders: string[] = [];
afterEach(() => {
  process.env.PATH = PATH;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'devnet-programs-'));
  folders.push(folder);
  return folder;
}

it('lists the libraries of a program and its loader, with ldd and without it', async () => {
  const libraries = await listSharedLibraries(process.execPath);
  expect(libraries.some((path) => /\/libc\.so\.6$/.test(path))).toBe(true);
  expect(libraries.some((path) => /\/ld-/.test(path))).toBe(true);
  process.env.PATH = temporaryFolder();
  expect(await listSharedLibraries(process.execPath)).toEqual(libraries);
});

it('finds no folder on the PATH that has the name of a program', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'sh'));
  process.env.PATH = `${folder}:${PATH}`;
  expect((await findHostProgram('sh'))?.files.get('/usr/local/bin/sh')).not.toContain(folder);
});

it('lists none for what is no program', async () => {
  const file = join(temporaryFolder(), 'text');
  writeFileSync(file, 'text');
  expect(await listSharedLibraries(file)).toEqual([]);
  process.env.PATH = temporaryFolder();
  expect(await listSharedLibraries(file)).toEqual([]);
});

it('says why ldd fails', async () => {
  await expect(listSharedLibraries('/nope')).rejects.toMatchObject({
    code: 'image_failed',
    message: expect.stringMatching(/^ldd \/nope: .*No such file/),
  });
});
