import { expect, test } from 'vitest';
import { cameFrom, nextHop, parseGossip, parseGossipIds } from '../../../src/node/messages/gossip-payload.ts';
import { ProtocolError } from '../../../src/protocol/index.ts';

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
])('%j is no gossip', (payload) => {
  expect(() => parseGossip(payload)).toThrow(ProtocolError);
});

test.each([
  [{ id: 'a' }, 32, { id: 'a', hops: 1 }],
  [{ id: 'a', hops: 0, data: null }, 32, { id: 'a', hops: 1, data: null }],
  [{ id: 'a', hops: 31 }, 32, { id: 'a', hops: 32 }],
  [{ id: 'a', hops: 32 }, 32, undefined],
  [{ id: 'a', hops: Number.MAX_SAFE_INTEGER }, 32, undefined],
  [{ id: 'a', more: [1] }, 1, { id: 'a', more: [1], hops: 1 }],
])('%j with at most %i hops goes on as %j', (gossip, most, next) => {
  expect(nextHop(parseGossip(gossip), most)).toEqual(next);
});

test('ids are read as they came', () => {
  const ids = ['a', 'a', '__proto__', 'x'.repeat(256)];
  expect(parseGossipIds({ ids, more: 1 }, 4)).toEqual(ids);
  expect(() => parseGossipIds({ ids }, 3)).toThrow('"ids" is an array of 1 to 3 ids of 1 to 256 characters');
});

test('a key __proto__ goes on as it came', () => {
  const gossip = parseGossip(JSON.parse('{"id":"a","__proto__":{"polluted":true}}'));
  expect(JSON.stringify(nextHop(gossip, 32))).toBe('{"id":"a","__proto__":{"polluted":true},"hops":1}');
});

const hello = { name: 'n1', id: 'i1' };
test.each([
  ['the same run', { hello }, { listen: 'b:1', hello }, true],
  ['the address it says it listens at', { hello, listen: 'a:1' }, { listen: 'a:1' }, true],
  ['another run', { hello }, { listen: 'a:1', hello: { name: 'n1', id: 'i2' } }, false],
  ['neither has an id', { hello: { name: 'n1' } }, { listen: 'a:1', hello: { name: 'n1' } }, false],
  ['it said no hello', { listen: 'a:1' }, { listen: 'a:1' }, false],
  ['it is the node itself', {}, { listen: 'a:1' }, false],
])('whether it came from a peer: %s', (_, sender, peer, expected) => {
  expect(cameFrom(sender, peer)).toBe(expected);
});
