import { expect, test } from 'vitest';
import { admit } from '../../../src/node/limits/admission.ts';

const limits = { maxInbound: 4, maxInboundPerAddress: 2 };
const guest = (host: string, heardAt: number, lasting = false) => ({ host, lastByteAt: heardAt, isLink: lasting });
const [a1, a2, b1, c1] = [guest('a', 5), guest('a', 3), guest('b', 1), guest('c', 9)];
const [linkA, linkB, linkC, linkD] = ['a', 'b', 'c', 'd'].map((host) => guest(host, 0, true));

test.each([
  ['there is room', 'a', [a1, b1], false, { accept: true }],
  ['its address has its share: the quietest of that goes', 'a', [a1, a2, b1], false, { accept: true, evict: a2 }],
  ['all is full: the quietest of all goes', 'd', [a1, a2, b1, c1], false, { accept: true, evict: b1 }],
  ['links stay', 'd', [linkA!, linkB!, c1, a1], false, { accept: true, evict: a1 }],
  ['an admin has no share', 'a', [a1, a2, b1], true, { accept: true }],
  ['an admin also needs room', 'a', [a1, a2, b1, c1], true, { accept: true, evict: b1 }],
  [
    'links only, from its address',
    'a',
    [linkA!, guest('a', 9, true)],
    false,
    { accept: false, reason: '2 connections from a are open' },
  ],
  ['links only', 'e', [linkA!, linkB!, linkC!, linkD!], true, { accept: false, reason: '4 connections are open' }],
] as const)('%s', (_, host, open, admin, expected) => {
  expect(admit(host, new Set(open), limits, admin)).toEqual(expected);
});
