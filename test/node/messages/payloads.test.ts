import { expect, test } from 'vitest';
import { parseGossip, parseGossipIds, parseHello } from '../../../src/node/messages/payloads.ts';
import { ProtocolError } from '../../../src/protocol/index.ts';

test('parses a hello, with a canonical address and without unknown fields', () => {
  const payload = { name: 'n2', listen: '[::FFFF:10.0.0.2]:3000', version: '1', id: 'x', link: 3, more: true };
  expect(parseHello(payload, '10.0.0.2')).toEqual({
    name: 'n2',
    listen: '10.0.0.2:3000',
    version: '1',
    id: 'x',
    link: 3,
  });
  expect(parseHello({ name: 'n2', listen: 3000 }, '10.0.0.2')).toEqual({ name: 'n2', listen: '10.0.0.2:3000' });
  expect(parseHello({ name: 'n2' }, '10.0.0.2')).toEqual({ name: 'n2' });
});

test.each<[unknown]>([
  [undefined],
  [null],
  ['n2'],
  [{}],
  [{ name: '' }],
  [{ name: 1 }],
  [{ name: 'x'.repeat(256) }],
  [{ name: 'n2', listen: 'nowhere' }],
  [{ name: 'n2', version: 1 }],
  [{ name: 'n2', id: 'x'.repeat(256) }],
])('refuses %j as a hello', (payload) => {
  expect(() => parseHello(payload, '10.0.0.2')).toThrow(ProtocolError);
});

test.each<[unknown]>([
  [undefined],
  [null],
  ['id'],
  [['id']],
  [{}],
  [{ id: '' }],
  [{ id: 1 }],
  [{ id: 'x'.repeat(257) }],
  [{ id: 'a', hops: -1 }],
  [{ id: 'a', hops: 1.5 }],
  [{ id: 'a', hops: '1' }],
  [{ id: 'a', hops: null }],
])('refuses %j as gossip', (payload) => {
  expect(() => parseGossip(payload)).toThrow(ProtocolError);
});

test('parses ids, up to the most that are allowed', () => {
  const ids = ['a', 'a', '__proto__', 'x'.repeat(256)];
  expect(parseGossipIds({ ids, more: 1 }, 4)).toEqual(ids);
  expect(() => parseGossipIds({ ids }, 3)).toThrow('"ids" is an array of 1 to 3 ids of 1 to 256 characters');
});
