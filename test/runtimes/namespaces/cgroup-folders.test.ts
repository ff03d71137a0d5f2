import { describe, expect, it } from 'vitest';
import { type CgroupMachine, findCgroupFolders } from '../../../src/runtimes/namespaces/cgroup-folders.ts';
import { assertLimitsSupported } from '../../../src/runtimes/namespaces/node-limit-support.ts';
import { parseTopology } from '../../../src/topology/index.ts';

const FIRST = `30 29 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
31 29 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
32 29 0:28 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
33 29 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
const SECOND = '30 29 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n';

const machine = (values: Partial<CgroupMachine> & Pick<CgroupMachine, 'groups' | 'mounts'>): CgroupMachine => ({
  isWritable: () => true,
  read: () => '',
  ...values,
});

describe('folders of control groups', () => {
  it.each<[string, CgroupMachine, 1 | 2, object]>([
    [
      'version 1, own group',
      machine({ groups: '4:memory:/job\n3:cpu,cpuacct:/\n2:pids:/x/y\n0::/', mounts: FIRST }),
      1,
      {
        memory: '/sys/fs/cgroup/memory/job',
        cpu: '/sys/fs/cgroup/cpu,cpuacct',
        pids: '/sys/fs/cgroup/pids/x/y',
      },
    ],
    [
      'version 1, of an ordinary user',
      machine({ groups: '4:memory:/job\n0::/', mounts: FIRST, isWritable: () => false }),
      2,
      {},
    ],
    [
      'version 1, one controller that is writable',
      machine({ groups: '4:memory:/job\n2:pids:/job', mounts: FIRST, isWritable: (path) => path.includes('pids') }),
      1,
      { pids: '/sys/fs/cgroup/pids/job' },
    ],
    [
      'version 2, the group above, with what is enabled there',
      machine({
        groups: '0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope\n',
        mounts: SECOND,
        read: (path) => (path.endsWith('/app.slice/cgroup.subtree_control') ? 'memory pids\n' : 'cpu memory pids\n'),
      }),
      2,
      {
        memory: '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice',
        pids: '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice',
      },
    ],
    [
      'version 2, in the root',
      machine({ groups: '0::/\n', mounts: SECOND, read: () => 'cpuset cpu memory pids\n' }),
      2,
      { memory: '/sys/fs/cgroup', cpu: '/sys/fs/cgroup', pids: '/sys/fs/cgroup' },
    ],
    [
      'version 2, in a container, whose own group has no others',
      machine({ groups: '0::/\n', mounts: SECOND, read: () => '\n' }),
      2,
      {},
    ],
    [
      'version 2, whose processes may not be moved',
      machine({
        groups: '0::/a/b',
        mounts: SECOND,
        read: () => 'memory',
        isWritable: (path) => !path.endsWith('cgroup.procs'),
      }),
      2,
      {},
    ],
    [
      'in a container, which sees its own group as the root',
      machine({
        groups: '4:memory:/docker/1',
        mounts: '1 2 0:1 /docker/1 /sys/fs/cgroup/memory rw - cgroup c rw,memory',
      }),
      1,
      { memory: '/sys/fs/cgroup/memory' },
    ],
    [
      'a group outside of what is mounted',
      machine({ groups: '4:memory:/other', mounts: '1 2 0:1 /docker/1 /sys/fs/cgroup/memory rw - cgroup c rw,memory' }),
      2,
      {},
    ],
    ['a path that no script can take', machine({ groups: '4:memory:/my job', mounts: FIRST }), 2, {}],
    ['not Linux', machine({ groups: '', mounts: '' }), 2, {}],
  ])('%s', (_, facts, version, folders) => {
    expect(findCgroupFolders(facts)).toEqual({ version, folders });
  });

  it('decide which limits of a topology are refused, by name', () => {
    const topology = {
      ...parseTopology('nodes: { a: { memory: 64m, cpus: 0.5, pids: 9 }, b: { memory: 32m } }', {
        file: 'net.yaml',
        name: 'net',
      }),
      name: 'net',
    };
    const refusal = (folders: object) => {
      try {
        assertLimitsSupported(topology, { version: 1, folders });
        return undefined;
      } catch (cause) {
        return cause;
      }
    };
    expect(refusal({})).toMatchObject({
      code: 'usage',
      message: 'this machine, without control groups that devnet may make, does not support: cpus of a, pids of a',
      hint: expect.stringContaining('--engine containers'),
    });
    expect(refusal({ cpu: '/c' })).toMatchObject({ message: expect.stringMatching(/: pids of a$/) });
    expect(refusal({ cpu: '/c', pids: '/p' })).toBeUndefined();
  });
});
