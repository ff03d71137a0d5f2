import { expect, test } from 'vitest';
import { SeenCache } from '../../../src/node/gossip/seen-cache.ts';

test('an id is new once, and again when it has expired', () => {
  const seen = new SeenCache(100, 1_000);
  expect(seen.add('a', 0)).toBe(true);
  expect(seen.add('a', 999)).toBe(false);
  // Its age counts from its first arrival.
  expect(seen.add('a', 1_000)).toBe(true);
});

test('has does not add', () => {
  const seen = new SeenCache(100, 1_000);
  expect(seen.has('a', 0)).toBe(false);
  expect(seen.add('a', 0)).toBe(true);
  expect(seen.has('a', 999)).toBe(true);
  expect(seen.has('a', 1_000)).toBe(false);
});

test('evicts the oldest ids', () => {
  const seen = new SeenCache(3, 1_000);
  for (const id of ['a', 'b', 'c', 'd']) seen.add(id, 0);
  expect(seen.size).toBe(3);
  expect(seen.add('d', 0)).toBe(false);
  expect(seen.add('a', 0)).toBe(true);
});

test('removes expired ids', () => {
  const seen = new SeenCache(1_000, 10);
  for (let id = 0; id < 500; id++) seen.add(String(id), 0);
  seen.add('last', 10);
  expect(seen.size).toBe(1);
});

test('accepts names of object properties as ids', () => {
  const seen = new SeenCache(10, 10);
  expect(seen.add('__proto__', 0)).toBe(true);
  expect(seen.add('constructor', 0)).toBe(true);
});
