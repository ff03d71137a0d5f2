import { expect, test } from 'vitest';
import { isOwnAddress, mayRemovePeer } from '../../../src/node/peers/peer-rules.ts';
import { parseAddress } from '../../../src/protocol/index.ts';

const everywhere = { boundHost: undefined, port: 3000, name: 'n1' };
const bound = { boundHost: '127.0.0.5', port: 3000, name: 'n1' };

test.each([
  ['the address of the connection', everywhere, '10.0.1.2:3000', true],
  ['another port there', everywhere, '10.0.1.2:3001', false],
  ['its name', everywhere, 'N1:3000', true],
  ['another name', everywhere, 'n2:3000', false],
  ['loopback', everywhere, '127.0.0.1:3000', true],
  ['another loopback address', everywhere, '127.9.9.9:3000', true],
  ['IPv6 loopback', everywhere, '[::1]:3000', true],
  ['localhost', everywhere, 'localhost:3000', true],
  ['another host', everywhere, '10.0.1.3:3000', false],
  ['the address it is bound to', bound, '127.0.0.5:3000', true],
  ['loopback, when bound to another address', bound, '127.0.0.1:3000', false],
])('knows its own addresses: %s', (_, listening, text, own) => {
  expect(isOwnAddress(parseAddress(text), listening, '10.0.1.2')).toBe(own);
});

test.each([
  ['itself', '10.0.0.2', undefined, true],
  ['itself, known by name', '10.0.0.9', '10.0.0.9', true],
  ['an admin', '10.0.0.1', undefined, true],
  ['a third party', '10.0.0.3', undefined, false],
])('allows removing a peer: %s', (_, sender, at, may) => {
  expect(mayRemovePeer(sender, parseAddress('10.0.0.2:3000'), at, new Set(['10.0.0.1']))).toBe(may);
});
