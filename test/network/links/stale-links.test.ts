import { expect, it } from 'vitest';
import type { NodeReport } from '../../../src/network/links/node-report.ts';
import { findStaleLinks } from '../../../src/network/links/stale-links.ts';

const names = new Map([
  ['10.0.0.1:3000', 'a'],
  ['10.0.0.2:3000', 'b'],
]);

/** The only peer of a is b, which started at 1,000. */
function reports(peer: Partial<NodeReport['peers'][number]>): NodeReport[] {
  return [
    { node: 'a', source: 'get_status', startedAt: 0, peers: [{ address: '10.0.0.2:3000', connected: true, ...peer }] },
    { node: 'b', source: 'get_status', startedAt: 1_000, peers: [] },
  ];
}

const withoutStarts = (all: NodeReport[]) => all.map(({ startedAt: _, ...report }) => report);

it.each<[string, NodeReport[], boolean]>([
  ['is older than its other end', reports({ connectedAt: 900 }), true],
  ['is younger', reports({ connectedAt: 1_100 }), false],
  ['is as old, but for rounding', reports({ connectedAt: 999.5 }), false],
  ['is not connected', reports({ connectedAt: 900, connected: false }), false],
  ['leads to no node', reports({ connectedAt: 900, address: '10.0.0.9:3000' }), false],
  ['has no age', reports({}), false],
  ['leads to a node that does not say when it started', withoutStarts(reports({ connectedAt: 900 })), false],
])('a link that %s', (_, given, isStale) => {
  expect(findStaleLinks(given, names)).toEqual(new Map(isStale ? [['a', ['b']]] : []));
});
