import { expect, test } from 'vitest';
import { seededShuffle } from '../../../src/node/gossip/seeded-shuffle.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const order = (...key: unknown[]) => seededShuffle(NAMES, (name) => name, key).join('');

test('returns every item once, in the same order for the same key', () => {
  expect([...order(7, 'n1', 'news')].sort()).toEqual(NAMES);
  expect(order(7, 'n1', 'news')).toBe(order(7, 'n1', 'news'));
  expect(seededShuffle([], String, [7])).toEqual([]);
});

test('keeps the order of the others when an item is missing', () => {
  for (const name of NAMES) {
    const others = seededShuffle(NAMES.filter((other) => other !== name).reverse(), String, [7]);
    expect(others.join('')).toBe(order(7).replace(name, ''));
  }
});

test('returns another order for another seed, node or message', () => {
  const orders = (keyOf: (n: number) => unknown[]) =>
    new Set(Array.from({ length: 100 }, (_, n) => order(...keyOf(n)))).size;
  // A hundred draws give about 68 of the 120 orders.
  expect(orders((n) => [n, 'n1', 'news'])).toBeGreaterThan(50);
  expect(orders((n) => [7, `n${n}`, 'news'])).toBeGreaterThan(50);
  expect(orders((n) => [7, 'n1', `news-${n}`])).toBeGreaterThan(50);
});

test('puts each item in each place with equal probability', () => {
  const DRAWS = 5_000;
  const places = NAMES.map(() => new Map<string, number>());
  for (let draw = 0; draw < DRAWS; draw++) {
    for (const [place, name] of [...order(1, 'n1', draw)].entries()) {
      places[place]!.set(name, (places[place]!.get(name) ?? 0) + 1);
    }
  }
  const expected = DRAWS / NAMES.length;
  // The draws are the same in every run; a sound generator stays within 5 standard deviations.
  const tolerance = 5 * Math.sqrt(expected * (1 - 1 / NAMES.length));
  for (const counts of places) {
    for (const name of NAMES) expect(Math.abs((counts.get(name) ?? 0) - expected)).toBeLessThan(tolerance);
  }
});
