import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom, shuffle } from '../../src/shared/seeded-random.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);

test('a shuffle keeps every item and gives the same order for the same seed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 }).map(names), fc.nat(), (items, seed) => {
      const order = shuffle(items, seededRandom(seed));
      expect([...order].sort()).toEqual([...items].sort());
      expect(shuffle(items, seededRandom(seed))).toEqual(order);
    }),
  );
});

test('a shuffle puts each item first equally often', () => {
  const random = seededRandom(1);
  const firsts = new Map<string, number>();
  for (let round = 0; round < 4_000; round++) {
    const [first] = shuffle(names(4), random);
    firsts.set(first!, (firsts.get(first!) ?? 0) + 1);
  }
  // 1,000 times each, within five standard deviations.
  for (const name of names(4)) expect(Math.abs(firsts.get(name)! - 1_000)).toBeLessThan(5 * Math.sqrt(750));
});
