import { describe, expect, it } from 'vitest';
import { arpEntries, checkHost } from '../../src/devnet/host-limits.ts';
import { parseTopology } from '../../src/topology/index.ts';

describe('what a kernel must hold', () => {
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
    expect(arpEntries(nodes, links)).toBe(entries);
  });

  it('refuses more nodes than a bridge has ports', async () => {
    const topology = parseTopology('nodes: { count: 1024 }', { file: 'big.yaml', name: 'big' });
    await expect(checkHost(topology)).rejects.toMatchObject({
      code: 'host_limit',
      message: expect.stringContaining('1023'),
    });
  });

  it.runIf(process.platform === 'linux')(
    'refuses more links than the ARP table has room for, with the command that makes room',
    async () => {
      const topology = parseTopology('nodes: { count: 600 }\nlinks: mesh', { file: 'dense.yaml', name: 'dense' });
      await expect(checkHost(topology)).rejects.toMatchObject({
        code: 'host_limit',
        hint: expect.stringMatching(/^sudo sysctl -w net\.ipv4\.neigh\.default\.gc_thresh3=1048576 /),
      });
    },
  );
});
