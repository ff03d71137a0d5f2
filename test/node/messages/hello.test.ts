import { expect, test } from 'vitest';
import { isOwnAddress, mayRemovePeer, parseHello } from '../../../src/node/messages/hello.ts';
import { ProtocolError, parseAddress } from '../../../src/protocol/index.ts';

const everywhere = { boundHost: undefined, port: 3000, name: 'n1' };
const bound = { boundHost: '127.0.0.5', port: 3000, name: 'n1' };

test.each([
  ['where it was told of it', everywhere, '10.0.1.2:3000', true],
  ['another port there', everywhere, '10.0.1.2:3001', false],
  ['its name', everywhere, 'N1:3000', true],
  ['another name', everywhere, 'n2:3000', false],
  ['loopback', everywhere, '127.0.0.1:3000', true],
  ['all of loopback', everywhere, '127.9.9.9:3000', true],
  ['IPv6 loopback', everywhere, '[::1]:3000', true],
  ['localhost', everywhere, 'localhost:3000', true],
  ['another host', everywhere, '10.0.1.3:3000', false],
  ['the address it is bound to', bound, '127.0.0.5:3000', true],
  ['loopback beside that', bound, '127.0.0.1:3000', false],
])('own address: %s', (_, listening, text, own) => {
  expect(isOwnAddress(parseAddress(text), listening, '10.0.1.2')).toBe(own);
});

test.each([
  ['itself', '10.0.0.2', undefined, true],
  ['itself, known by name', '10.0.0.9', '10.0.0.9', true],
  ['an admin', '10.0.0.1', undefined, true],
  ['a third party', '10.0.0.3', undefined, false],
])('removing a peer: %s', (_, sender, at, may) => {
  expect(mayRemovePeer(sender, parseAddress('10.0.0.2:3000'), at, new Set(['10.0.0.1']))).toBe(may);
});

test('a hello is read', () => {
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
])('%j is no hello', (payload) => {
  expect(() => parseHello(payload, '10.0.0.2')).toThrow(ProtocolError);
});
