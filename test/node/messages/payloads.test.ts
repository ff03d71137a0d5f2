import { expect, test } from 'vitest';
import { parseGossip, parseGossipIds, parseHello } from '../../../src/node/messages/payloads.ts';
import { ProtocolError } from '../../../src/protocol/index.ts';

test.each([
  [{ name: 'n2' }, { name: 'n2' }, []],
  [{ name: 'n2', listen: 3000 }, { name: 'n2', listen: '10.0.0.2:3000' }, []],
  [{ name: 'n2', listen: '[::FFFF:10.0.0.2]:3000' }, { name: 'n2', listen: '10.0.0.2:3000' }, []],
  [{ name: 'n2', listen: '0.0.0.0:3000' }, { name: 'n2', listen: '10.0.0.2:3000' }, []],
  [{ name: 'n2', listen: '[::]:3000' }, { name: 'n2', listen: '10.0.0.2:3000' }, []],
  [{ name: 'n2', listen: '[0:0:0:0:0:0:0:0]:3000' }, { name: 'n2', listen: '10.0.0.2:3000' }, []],
  [{ name: 'n2', listen: '[::ffff:0.0.0.0]:3000' }, { name: 'n2', listen: '10.0.0.2:3000' }, []],
  [{ name: 'n2', listen: '[0:0:0:0:0:FFFF:0:0]:3000' }, { name: 'n2', listen: '10.0.0.2:3000' }, []],
  [{ name: 'n2', listen: { host: '0.0.0.0', port: 3000 } }, { name: 'n2', listen: '10.0.0.2:3000' }, []],
  [{ name: 'n2', listen: { host: '::', port: '3000' } }, { name: 'n2', listen: '10.0.0.2:3000' }, []],
  [{ name: 'n2', listen: { host: 'node7', port: 3000 } }, { name: 'n2', listen: 'node7:3000' }, []],
  [
    { name: 'n2', version: '1', id: 'x', link: 3, ihave: true },
    { name: 'n2', version: '1', id: 'x', link: 3, ihave: true },
    [],
  ],
  [{ name: 'n2', link: '3', ihave: 1, more: true }, { name: 'n2' }, ['link', 'ihave', 'more']],
])('parses the hello %j', (payload, hello, ignored) => {
  expect(parseHello(payload, '10.0.0.2')).toEqual({ hello, ignored });
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
  [{ name: 'n2', listen: '0.0.0.0:0' }],
  [{ name: 'n2', listen: '0.0.0.0:65536' }],
  [{ name: 'n2', listen: '[0:0:0:0:0:0:0:0]:0' }],
  [{ name: 'n2', listen: { host: '0.0.0.0' } }],
  [{ name: 'n2', listen: '0.0.0.0' }],
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
