import { describe, expect, it } from 'vitest';
import {
  assertLinkTools,
  assertNodeCount,
  findMissing,
  type MachineFacts,
  missingError,
  refusedError,
  systemPath,
} from '../../../src/runtimes/namespaces/preflight.ts';

const GOOD: MachineFacts = {
  platform: 'linux',
  isRoot: false,
  missingTools: [],
  unprivilegedUserNamespaces: 1,
  apparmorRestriction: 0,
  maxUserNamespaces: 10_000,
  maxNetworkNamespaces: 10_000,
  inContainer: false,
};

describe('preflight', () => {
  it.each<[string, Partial<MachineFacts>, number, RegExp | undefined, string | undefined]>([
    ['all there', {}, 50, undefined, undefined],
    ['macOS', { platform: 'darwin' }, 1, /Linux: this is darwin/, 'use --engine containers, or --engine process'],
    ['no ip', { missingTools: ['ip', 'bridge'] }, 1, /ip, bridge/, 'apt-get install iproute2'],
    ['no nft', { missingTools: ['nft'] }, 1, /nft/, 'apt-get install nftables'],
    ['no unshare', { missingTools: ['unshare'] }, 1, /unshare/, 'apt-get install util-linux'],
    [
      'switched off',
      { unprivilegedUserNamespaces: 0 },
      1,
      /_clone is 0/,
      'sudo sysctl kernel.unprivileged_userns_clone=1',
    ],
    ['root does not need it', { unprivilegedUserNamespaces: 0, isRoot: true }, 1, undefined, undefined],
    [
      'AppArmor',
      { apparmorRestriction: 1 },
      1,
      /apparmor_restrict_unprivileged_userns is 1/,
      'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0',
    ],
    ['AppArmor, as root', { apparmorRestriction: 1, isRoot: true }, 1, undefined, undefined],
    [
      'few namespaces',
      { maxNetworkNamespaces: 50 },
      50,
      /51 network namespaces/,
      'sudo sysctl user.max_net_namespaces=102',
    ],
    ['just enough', { maxNetworkNamespaces: 51 }, 50, undefined, undefined],
    ['few users', { maxUserNamespaces: 3 }, 3, /4 user namespaces/, 'sudo sysctl user.max_user_namespaces=8'],
    ['an old kernel without settings', { unprivilegedUserNamespaces: undefined }, 1, undefined, undefined],
  ])('names what is missing, and its fix: %s', (_, facts, nodes, missing, fix) => {
    const findings = findMissing({ ...GOOD, ...facts }, nodes);
    if (missing === undefined) {
      expect(findings).toEqual([]);
      return;
    }
    expect(findings).toEqual([{ missing: expect.stringMatching(missing), fix }]);
  });

  it('refuses to change links without the programs for that', () => {
    expect(() => assertLinkTools(() => true)).not.toThrow();
    expect(() => assertLinkTools((program) => program !== 'nft')).toThrow(
      expect.objectContaining({
        code: 'engine_missing',
        message: 'this machine cannot change links; missing: nft, on the PATH',
        hint: 'apt-get install nftables',
      }),
    );
  });

  it('makes one error of all findings', () => {
    const findings = findMissing({ ...GOOD, missingTools: ['ip'], unprivilegedUserNamespaces: 0 }, 1);
    expect(missingError(findings)).toMatchObject({
      code: 'engine_missing',
      message: expect.stringMatching(/missing: ip, on the PATH; user namespaces/),
      hint: 'apt-get install iproute2; sudo sysctl kernel.unprivileged_userns_clone=1',
    });
  });

  it('explains a refusal by its last line, and by the container that it happened in', () => {
    expect(refusedError({ inContainer: true }, 'a\nunshare: unshare failed: Operation not permitted\n')).toMatchObject({
      message: 'namespaces could not be made: unshare: unshare failed: Operation not permitted',
      hint: expect.stringContaining('--privileged'),
    });
    expect(refusedError({ inContainer: false }, '')).toMatchObject({
      message: 'namespaces could not be made: no reason was given',
    });
  });

  it('refuses more nodes than a bridge has ports', () => {
    expect(() => assertNodeCount(1_023)).not.toThrow();
    expect(() => assertNodeCount(1_024)).toThrow(expect.objectContaining({ code: 'host_limit' }));
  });

  it('adds the folders of system programs to the PATH, each once', () => {
    expect(systemPath('/home/me/bin:/usr/bin')).toBe('/home/me/bin:/usr/bin:/usr/local/sbin:/usr/sbin:/sbin:/bin');
  });
});
