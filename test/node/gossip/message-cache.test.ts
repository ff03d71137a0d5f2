import { expect, test } from 'vitest';
import { MessageCache } from '../../../src/node/gossip/message-cache.ts';

const held = () => {};
const bytes = (size: number) => Buffer.alloc(size, 'x');

test('returns a message once to each receiver, until it expires', () => {
  const kept = new MessageCache(10_000, 1_000, held);
  const [one, two, three] = [{}, {}, {}];
  expect(kept.put('a', Buffer.from('news'), 0)).toBe(true);
  expect(kept.getFor('a', one, 0)?.bytes.toString()).toBe('news');
  expect(kept.getFor('a', one, 0)).toBeUndefined();
  expect(kept.getFor('a', two, 999)?.bytes.toString()).toBe('news');
  expect(kept.getFor('a', three, 1_000)).toBeUndefined();
  expect(kept.getFor('b', one, 0)).toBeUndefined();
});

test('evicts the oldest messages, and refuses one larger than the cache', () => {
  const kept = new MessageCache(10_000, 1_000, held);
  for (const id of ['a', 'b', 'c', 'd']) expect(kept.put(id, bytes(3_000), 0)).toBe(true);
  expect(kept.totalBytes).toBeLessThanOrEqual(10_000);
  expect(['a', 'b', 'c', 'd'].filter((id) => kept.getFor(id, {}, 0) !== undefined)).toEqual(['c', 'd']);
  expect(kept.put('e', bytes(10_000), 0)).toBe(false);
  expect(kept.getFor('d', {}, 0)).toBeDefined();
});

test('limits the memory of many small messages', () => {
  const kept = new MessageCache(100_000, 1_000, held);
  for (let id = 0; id < 10_000; id++) kept.put(String(id), bytes(1), 0);
  const left = Array.from({ length: 10_000 }, (_, id) => kept.getFor(String(id), {}, 0)).filter(Boolean);
  expect(left.length).toBeGreaterThan(100);
  expect(left.length).toBeLessThan(200);
});

test('removes expired messages when another is added', () => {
  const kept = new MessageCache(1_000_000, 10, held);
  for (let id = 0; id < 100; id++) kept.put(String(id), bytes(1), 0);
  kept.put('last', bytes(1), 10);
  expect(kept.totalBytes).toBeLessThan(2_000);
});

test('replaces a message with the same id', () => {
  const kept = new MessageCache(10_000, 1_000, held);
  kept.put('a', bytes(100), 0);
  const { totalBytes: size } = kept;
  kept.put('a', bytes(100), 900);
  expect(kept.totalBytes).toBe(size);
  expect(kept.getFor('a', {}, 1_500)).toBeDefined();
});

test('keeps a message in memory of its own', () => {
  const kept = new MessageCache(10_000, 1_000, held);
  const message = Buffer.from('news');
  kept.put('a', message, 0);
  const buffer = kept.getFor('a', {}, 0);
  expect(message.buffer.byteLength).toBeGreaterThan(4);
  expect(buffer?.bytes.buffer.byteLength).toBe(4);
});
