import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSocketFolder, socketFolderPrefix } from '../../../src/shared/files/socket-folder.ts';
import { spawnSync } from '../../support/run-sync.ts';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'devnet-sockets-test-'));
  vi.stubEnv('TMPDIR', parent);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(parent, { recursive: true, force: true });
});

const createFolder = (name: string) => {
  mkdirSync(join(parent, name));
  return join(parent, name);
};

it('creates a folder that only this user can enter, another one each time', () => {
  const [one, other] = [createSocketFolder('hosts'), createSocketFolder('hosts')];
  expect(one).not.toBe(other);
  expect(statSync(one).mode & 0o777).toBe(0o700);
  expect(basename(one)).toMatch(new RegExp(`^${socketFolderPrefix('hosts', process.pid)}-`));
  expect(existsSync(one)).toBe(true);
});

it('removes the folders of processes that were killed, and no others', () => {
  const { pid: ended } = spawnSync(process.execPath, ['-e', '']);
  const left = createFolder(`${socketFolderPrefix('hosts', ended)}-abc123`);
  const others = [
    createFolder(`${socketFolderPrefix('hosts', process.ppid)}-abc123`),
    createFolder(`${socketFolderPrefix('ssh', ended)}-abc123`),
    createFolder(`devnet-hosts-1-${ended}-abc123`), // Of another PID namespace.
    createFolder('devnet-hosts-abc123'),
  ];
  createSocketFolder('hosts');
  expect(existsSync(left)).toBe(false);
  expect(others.filter((folder) => !existsSync(folder))).toEqual([]);
});
