import { describe, expect, it } from 'vitest';
import {
  assertMachineLimits,
  findShortage,
  type MachineLimits,
} from '../../../src/runtimes/namespaces/machine-limits.ts';
import { parseTopology } from '../../../src/topology/index.ts';

const topology = (yaml: string) => ({ ...parseTopology(yaml, { file: 'net.yaml', name: 'net' }), name: 'net' });
const ring = topology('nodes: { count: 500 }\nlinks: ring');
const mesh = topology('nodes: { count: 70 }\nlinks: mesh');

describe('limits of the machine', () => {
  it.each<[string, typeof ring, MachineLimits, string | undefined]>([
    ['nothing is known', ring, {}, undefined],
    ['enough', ring, { pids: 32_768, threads: 190_000, memory: 2 ** 34, files: 4_096, neighbours: 1_024 }, undefined],
    ['threads', ring, { threads: 5_999 }, '6000 threads'],
    ['just enough threads', ring, { threads: 6_000 }, undefined],
    ['process ids', ring, { pids: 4_096 }, '6000 process ids'],
    ['processes of a user', ring, { userProcesses: 4_096 }, '6000 processes of this user'],
    ['memory', ring, { memory: 2 ** 32 }, '7000 MiB of memory'],
    ['open files', ring, { files: 1_024 }, '2064 open files'],
    ['neighbours that no node is told of', mesh, { neighbours: 300 }, '350 entries of the neighbour table'],
    ['neighbours', mesh, { neighbours: 350 }, undefined],
  ])('%s', (_, declared, limits, expected) => {
    const shortage = findShortage(declared, limits);
    const text = shortage && `${shortage.needed} ${shortage.what}`;
    if (expected === undefined) expect(text).toBeUndefined();
    else expect(text).toContain(expected);
  });

  it('are named with the command that raises them', () => {
    expect(() => assertMachineLimits(ring, { pids: 4_096 })).toThrow(
      expect.objectContaining({
        code: 'host_limit',
        message: '"net" needs 6000 process ids (kernel.pid_max), and this machine has 4096',
        hint: 'sudo sysctl kernel.pid_max=16384',
      }),
    );
  });
});
