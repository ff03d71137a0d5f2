import { expect, test } from 'vitest';
import { Kept } from '../../src/node/kept.ts';

const held = () => {};
const bytes = (size: number) => Buffer.alloc(size, 'x');

test('what is kept is given once to each that asks, while it is not too old', () => {
  const kept = new Kept(10_000, 1_000, held);
  const [one, two, three] = [{}, {}, {}];
  expect(kept.add('a', Buffer.from('news'), 0)).toBe(true);
  expect(kept.give('a', one, 0)?.bytes.toString()).toBe('news');
  expect(kept.give('a', one, 0)).toBeUndefined();
  expect(kept.give('a', two, 999)?.bytes.toString()).toBe('news');
  expect(kept.give('a', three, 1_000)).toBeUndefined();
  expect(kept.give('b', one, 0)).toBeUndefined();
});

test('the oldest make room, and what is larger than all there is is not kept', () => {
  const kept = new Kept(10_000, 1_000, held);
  for (const id of ['a', 'b', 'c', 'd']) expect(kept.add(id, bytes(3_000), 0)).toBe(true);
  expect(kept.size).toBeLessThanOrEqual(10_000);
  expect(['a', 'b', 'c', 'd'].filter((id) => kept.give(id, {}, 0) !== undefined)).toEqual(['c', 'd']);
  expect(kept.add('e', bytes(10_000), 0)).toBe(false);
  expect(kept.give('d', {}, 0)).toBeDefined();
});

test('many small ones are bounded as well', () => {
  const kept = new Kept(100_000, 1_000, held);
  for (let id = 0; id < 10_000; id++) kept.add(String(id), bytes(1), 0);
  const left = Array.from({ length: 10_000 }, (_, id) => kept.give(String(id), {}, 0)).filter(Boolean);
  expect(left.length).toBeGreaterThan(100);
  expect(left.length).toBeLessThan(200);
});

test('what is too old costs nothing once something comes', () => {
  const kept = new Kept(1_000_000, 10, held);
  for (let id = 0; id < 100; id++) kept.add(String(id), bytes(1), 0);
  kept.add('last', bytes(1), 10);
  expect(kept.size).toBeLessThan(2_000);
});

test('an id that comes again replaces what was kept, and is counted once', () => {
  const kept = new Kept(10_000, 1_000, held);
  kept.add('a', bytes(100), 0);
  const { size } = kept;
  kept.add('a', bytes(100), 900);
  expect(kept.size).toBe(size);
  expect(kept.give('a', {}, 1_500)).toBeDefined();
});

test('a kept message shares no memory with others', () => {
  const kept = new Kept(10_000, 1_000, held);
  const message = Buffer.from('news');
  kept.add('a', message, 0);
  const parcel = kept.give('a', {}, 0);
  expect(message.buffer.byteLength).toBeGreaterThan(4);
  expect(parcel?.bytes.buffer.byteLength).toBe(4);
});
