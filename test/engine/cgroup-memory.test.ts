import { describe, expect, it } from 'vitest';
import {
  findMemoryFiles,
  lookUpMemoryFiles,
  parseMemoryUsage,
  readCgroupMemory,
} from '../../src/engine/cgroup-memory.ts';

const id = '5e6d6cd3a23e'.padEnd(64, '0');
const v1 = (folder: string) => ({
  usage: `/sys/fs/cgroup/memory${folder}/memory.usage_in_bytes`,
  stat: `/sys/fs/cgroup/memory${folder}/memory.stat`,
  droppable: 'total_inactive_file',
});
const v2 = (folder: string) => ({
  usage: `/sys/fs/cgroup${folder}/memory.current`,
  stat: `/sys/fs/cgroup${folder}/memory.stat`,
  droppable: 'inactive_file',
});

describe('the control group of a container', () => {
  it.each([
    ['Docker, version 1', `3:pids:/docker/${id}\n2:memory:/docker/${id}\n0::/`, v1(`/docker/${id}`)],
    ['joined controllers', `4:cpu,memory:/docker/${id}\n1:name=systemd:/docker/${id}`, v1(`/docker/${id}`)],
    ['systemd, version 2', `0::/system.slice/docker-${id}.scope\n`, v2(`/system.slice/docker-${id}.scope`)],
    [
      'a group inside that of Podman',
      `0::/machine.slice/libpod-${id}.scope/container\n`,
      v2(`/machine.slice/libpod-${id}.scope`),
    ],
    ['another process of that number', '2:memory:/user.slice\n0::/user.slice/session-1.scope\n', undefined],
    ['another container of that number', `2:memory:/docker/${id.replace('5', '6')}\n`, undefined],
    ['nothing', '', undefined],
  ])('%s', (_, text, files) => {
    expect(findMemoryFiles(text, id)).toEqual(files);
  });

  it('counts without the page cache that could be dropped', () => {
    const stat = 'inactive_file 7\ncache 50\ntotal_inactive_file 30\n';
    expect(parseMemoryUsage('100\n', stat, 'total_inactive_file')).toBe(70);
    expect(parseMemoryUsage('100\n', stat, 'inactive_file')).toBe(93);
    expect(parseMemoryUsage('100\n', '', 'inactive_file')).toBe(100);
    expect(parseMemoryUsage('', stat, 'inactive_file')).toBeUndefined();
  });

  it('is not that of a process of something else', () => {
    expect(lookUpMemoryFiles(id, process.pid)).toBeUndefined();
    expect(lookUpMemoryFiles(id, 0)).toBeUndefined();
  });

  it('counts nothing where it is gone', () => {
    const missing = findMemoryFiles(`0::/system.slice/docker-${id}.scope`, id)!;
    expect(readCgroupMemory(missing)).toBeUndefined();
  });
});
