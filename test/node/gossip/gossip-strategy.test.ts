import { expect, test } from 'vitest';
import { formatGossipStrategy, parseGossipStrategy } from '../../../src/node/gossip/gossip-strategy.ts';

test.each([
  ['flood', { kind: 'flood' }],
  ['announce', { kind: 'announce' }],
  ['fanout:1', { kind: 'fanout', copies: 1 }],
  ['fanout:1024', { kind: 'fanout', copies: 1_024 }],
] as const)('%s is a strategy', (text, strategy) => {
  expect(parseGossipStrategy(text)).toEqual(strategy);
  expect(formatGossipStrategy(strategy)).toBe(text);
});

test.each([
  '',
  'Flood',
  'fanout',
  'fanout:',
  'fanout:0',
  'fanout:01',
  'fanout:1025',
  'fanout:-1',
  'fanout:2.5',
  'push',
])('refuses "%s"', (text) => {
  expect(parseGossipStrategy(text)).toBeUndefined();
});
