import { describe, expect, it } from 'vitest';
import { describeDrift, findDrift, hasNoDrift } from '../../../src/network/links/drift.ts';
import type { NodeReport } from '../../../src/network/links/node-report.ts';

const addresses = new Map([
  ['a', '10.64.0.2:3000'],
  ['b', '10.64.0.3:3000'],
  ['c', '10.64.0.4:3000'],
]);
const names = new Map([...addresses].map(([name, address]) => [address, name]));
const links = [
  { from: 'a', to: 'b' },
  { from: 'b', to: 'c' },
];
const says = (
  node: string,
  peers: Record<string, boolean | undefined> = {},
  by: NodeReport['source'] = 'get_status',
): NodeReport => ({
  node,
  source: by,
  peers: Object.entries(peers).map(([name, connected]) => ({
    address: addresses.get(name) ?? name,
    ...(connected === undefined ? {} : { connected }),
  })),
});

describe('findDrift', () => {
  it('finds nothing when exactly the declared links are connected', () => {
    const drift = findDrift(links, names, [says('a', { b: true }), says('b', { c: true }), says('c')]);
    expect(drift).toEqual({ missing: [], broken: [], extra: [], unknown: [], listed: [], down: [] });
    expect(hasNoDrift(drift)).toBe(true);
    expect(describeDrift(drift)).toEqual([]);
  });

  it('counts a peer that is only listed as connected', () => {
    expect(
      hasNoDrift(
        findDrift(links, names, [says('a', { b: undefined }, 'get_peers'), says('b', { c: true }), says('c')]),
      ),
    ).toBe(true);
  });

  it('distinguishes missing, broken, extra and unknown links and stopped nodes', () => {
    const drift = findDrift(links, names, [
      says('a', { c: true, '10.9.9.9:1': true }),
      says('b', { c: false }),
      says('c', {}, 'down'),
    ]);
    expect(drift).toEqual({
      missing: [{ from: 'a', to: 'b' }],
      broken: [{ from: 'b', to: 'c' }],
      extra: [
        { from: 'a', to: 'c' },
        { from: 'a', to: '10.9.9.9:1' },
      ],
      unknown: [],
      listed: [],
      down: ['c'],
    });
    expect(hasNoDrift(drift)).toBe(false);
    expect(describeDrift(drift)).toEqual([
      'down: c',
      'missing: a -> b',
      'not connected: b -> c',
      'not declared: a -> c, a -> 10.9.9.9:1',
    ]);
  });

  it('does not list the links of a stopped node, and counts unknown links as no drift', () => {
    const drift = findDrift(links, names, [says('a', {}, 'down'), says('b', {}, 'none'), says('c')]);
    expect(drift.missing).toEqual([]);
    expect(drift.unknown).toEqual([{ from: 'b', to: 'c' }]);
    expect(hasNoDrift({ ...drift, down: [] })).toBe(true);
  });

  it('cuts long lists', () => {
    const many = Array.from({ length: 20 }, (_, i) => ({ from: 'a', to: `x${i}` }));
    expect(describeDrift({ missing: many, broken: [], extra: [], unknown: [], listed: [], down: [] })[0]).toMatch(
      /^missing: a -> x0, .* and 13 more$/,
    );
  });
});
