import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CGROUP_SCRIPT } from '../../../src/runtimes/namespaces/launch-scripts.ts';
import { spawnSync } from '../../support/run-sync.ts';

const FREE_PID = 4_194_305; // Above the kernel's largest.

it.skipIf(!existsSync('/proc/self/ns/pid'))(
  'the control groups of networks whose processes are gone are removed, but not those of other PID namespaces',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'devnet-groups-'));
    const namespace = Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid')));
    const [gone, alive, foreign] = [
      `devnet.${namespace}.${FREE_PID}`,
      `devnet.${namespace}.${process.pid}`,
      `devnet.${namespace + 1}.${FREE_PID}`,
    ];
    for (const group of [gone, alive, foreign]) mkdirSync(join(folder, group, 'n1'), { recursive: true });
    const command = ['sh', '-c', 'mkdir -p "$1/$DEVNET_CGROUP/n1"; ls "$1"', 'sh', folder];
    const { stdout, status } = spawnSync('sh', ['-c', CGROUP_SCRIPT, 'sh', folder, ...command], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toEqual(
      expect.arrayContaining([alive, foreign, expect.stringMatching(new RegExp(`^devnet\\.${namespace}\\.\\d+$`))]),
    );
    expect(readdirSync(folder).sort()).toEqual([alive, foreign].sort());
    rmSync(folder, { recursive: true });
  },
);
