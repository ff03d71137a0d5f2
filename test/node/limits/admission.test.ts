import { expect, test } from 'vitest';
import { admit } from '../../../src/node/limits/admission.ts';

const limits = { maxInbound: 4, maxInboundPerAddress: 2 };
const connection = (host: string, lastByteAt: number, isLink = false) => ({ host, lastByteAt, isLink });
const [a1, a2, b1, c1] = [connection('a', 5), connection('a', 3), connection('b', 1), connection('c', 9)];
const [linkA, linkB, linkC, linkD] = ['a', 'b', 'c', 'd'].map((host) => connection(host, 0, true));

test.each([
  ['there is room', 'a', [a1, b1], false, { accept: true }],
  ['its address is at its limit: evicts the quietest from it', 'a', [a1, a2, b1], false, { accept: true, evict: a2 }],
  ['the node is at its limit: evicts the quietest of all', 'd', [a1, a2, b1, c1], false, { accept: true, evict: b1 }],
  ['links are never evicted', 'd', [linkA!, linkB!, c1, a1], false, { accept: true, evict: a1 }],
  ['an admin has no limit for its address', 'a', [a1, a2, b1], true, { accept: true }],
  ['an admin counts for the limit of the node', 'a', [a1, a2, b1, c1], true, { accept: true, evict: b1 }],
  [
    'only links from its address: refuses',
    'a',
    [linkA!, connection('a', 9, true)],
    false,
    { accept: false, reason: '2 connections from a are open' },
  ],
  [
    'only links: refuses',
    'e',
    [linkA!, linkB!, linkC!, linkD!],
    true,
    { accept: false, reason: '4 connections are open' },
  ],
] as const)('decides about a connection: %s', (_, host, open, admin, expected) => {
  expect(admit(host, new Set(open), limits, admin)).toEqual(expected);
});
