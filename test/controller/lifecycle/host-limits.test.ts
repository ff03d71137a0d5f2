import { describe, expect, it } from 'vitest';
import {
  assertHostCapacity,
  checkHostResources,
  readHostResources,
  requiredArpEntries,
} from '../../../src/controller/lifecycle/host-limits.ts';
import { parseTopology } from '../../../src/topology/index.ts';

describe('checkHostResources', () => {
  it.each([
    [5, [], 10],
    [2, [{ from: 'a', to: 'b' }], 6],
    [
      2,
      [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
      ],
      6,
    ],
  ])('%d nodes with links %j take %d ARP entries', (nodes, links, entries) => {
    expect(requiredArpEntries(nodes, links)).toBe(entries);
  });

  const topology = (yaml: string) => parseTopology(yaml, { file: 'big.yaml', name: 'big' });

  it.each([
    ['nodes: { count: 10 }\nlinks: ring', {}, []],
    ['nodes: { count: 1024 }', {}, ['bridge ports fails 1024 of 1023']],
    [
      'nodes: { count: 200 }\nlinks: { shape: regular, degree: 6 }',
      { arpEntries: 1024 },
      ['ARP table fails 1600 of 1024 entries'],
    ],
    ['nodes: { count: 200 }\nlinks: { shape: regular, degree: 6 }', { arpEntries: 1600 }, []],
    [
      'nodes: { count: 900 }',
      { backlog: 500, memory: 2 ** 30, files: 1024 },
      ['packet backlog warns 900 of 500 packets', 'memory warns 14400 of 1024 MiB', 'open files fails 1928 of 1024'],
    ],
  ])('judges %j on a machine with %j', (yaml, facts, wrong) => {
    const checks = checkHostResources(topology(yaml), facts).filter(({ verdict }) => verdict !== 'fine');
    expect(checks.map(({ what, verdict, found }) => `${what} ${verdict} ${found}`)).toEqual(wrong);
    expect(checks.every(({ fix }) => fix !== undefined)).toBe(true);
  });

  it('refuses more nodes than a bridge has ports', async () => {
    await expect(assertHostCapacity(topology('nodes: { count: 1024 }'))).rejects.toMatchObject({
      code: 'host_limit',
      message: expect.stringContaining('1024 of 1023'),
    });
  });

  it.runIf(process.platform === 'linux')(
    'refuses more links than the ARP table has room for, with the command that makes room',
    async () => {
      await expect(assertHostCapacity(topology('nodes: { count: 600 }\nlinks: mesh'))).rejects.toMatchObject({
        code: 'host_limit',
        hint: expect.stringMatching(/^sudo sysctl -w net\.ipv4\.neigh\.default\.gc_thresh3=1048576 /),
      });
    },
  );

  it.runIf(process.platform === 'linux')('reads what this machine holds', async () => {
    for (const fact of Object.values(await readHostResources())) expect(fact).toBeGreaterThan(0);
    expect(Object.keys(await readHostResources())).toEqual(['arpEntries', 'backlog', 'memory', 'files']);
  });
});
