import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  controlSocketFolder,
  ensureSocketFolder,
  listControlSockets,
  lockFolder,
} from '../../../src/network/control-socket/socket-folder.ts';

let base: string;
const uid = process.getuid?.();

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'devnet-folder-'));
  vi.stubEnv('XDG_RUNTIME_DIR', base);
  vi.stubEnv('TMPDIR', base);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true });
});

describe('the folder of control sockets', () => {
  it('is in XDG_RUNTIME_DIR, and closed to others', () => {
    ensureSocketFolder();
    ensureSocketFolder();
    expect(statSync(join(base, 'devnet')).mode & 0o777).toBe(0o700);
    expect(controlSocketFolder('ring')).toBe(join(base, 'devnet', 'ring'));
    expect(lockFolder('ring')).toBe(join(base, 'devnet', 'ring.lock'));
  });

  it.each([
    ['is not set', ''],
    ['is no absolute path', 'run'],
    ['is not there', '/no/such/folder'],
  ])('is named by the user in the folder for temporary files where XDG_RUNTIME_DIR %s', (_, value) => {
    vi.stubEnv('XDG_RUNTIME_DIR', value);
    expect(controlSocketFolder('ring')).toBe(join(base, `devnet-${uid}`, 'ring'));
    ensureSocketFolder();
    expect(statSync(join(base, `devnet-${uid}`)).mode & 0o777).toBe(0o700);
  });

  it.runIf(uid === 0)('is not in an XDG_RUNTIME_DIR of another user', () => {
    vi.stubEnv('XDG_RUNTIME_DIR', mkdtempOf(1234));
    expect(controlSocketFolder('ring')).toBe(join(base, `devnet-${uid}`, 'ring'));
  });

  it('lists the names that have a socket, and none where there is no folder', () => {
    expect(listControlSockets()).toEqual([]);
    ensureSocketFolder();
    for (const name of ['ring', 'other', 'ring.lock', '.1f2e3d4c']) mkdirSync(join(base, 'devnet', name));
    expect(listControlSockets().sort()).toEqual(['other', 'ring']);
  });

  it.each([0o755, 0o770, 0o701])('is refused with the mode %o', (mode) => {
    ensureSocketFolder();
    const folder = join(base, 'devnet');
    chmodSync(folder, mode);
    const refusal = {
      code: 'host_limit',
      message: `the folder of control sockets, ${folder}, is open to others: its mode is 0${mode.toString(8)}, not 0700`,
      hint: `chmod 700 ${folder}`,
    };
    expect(() => ensureSocketFolder()).toThrow(expect.objectContaining(refusal));
    expect(() => listControlSockets()).toThrow(expect.objectContaining(refusal));
  });

  it('is refused when it is a link, or a file', () => {
    const folder = join(base, 'devnet');
    const refusal = expect.objectContaining({ code: 'host_limit', message: expect.stringMatching(/is not a folder$/) });
    mkdirSync(join(base, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(base, 'elsewhere'), folder);
    expect(() => ensureSocketFolder()).toThrow(refusal);
    rmSync(folder);
    writeFileSync(folder, '', { mode: 0o600 });
    expect(() => listControlSockets()).toThrow(refusal);
  });

  it.runIf(uid === 0)('is refused when it belongs to another user', () => {
    vi.stubEnv('XDG_RUNTIME_DIR', '');
    const folder = join(base, `devnet-${uid}`);
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, 1234, 1234);
    expect(() => ensureSocketFolder()).toThrow(
      expect.objectContaining({
        code: 'host_limit',
        message: expect.stringMatching(/belongs to the user 1234, not to 0$/),
      }),
    );
  });

  it('is refused when it cannot be created', () => {
    vi.stubEnv('XDG_RUNTIME_DIR', '');
    vi.stubEnv('TMPDIR', join(base, 'missing'));
    expect(() => ensureSocketFolder()).toThrow(
      expect.objectContaining({ code: 'host_limit', message: expect.stringMatching(/^cannot create .*missing/) }),
    );
  });

  it('refuses a path that is longer than a socket can have', () => {
    expect(() => controlSocketFolder('n'.repeat(100))).toThrow(
      expect.objectContaining({ code: 'host_limit', hint: expect.stringContaining('XDG_RUNTIME_DIR') }),
    );
  });
});

function mkdtempOf(owner: number): string {
  const folder = join(base, 'of-another');
  mkdirSync(folder, { mode: 0o700 });
  chownSync(folder, owner, owner);
  return folder;
}
