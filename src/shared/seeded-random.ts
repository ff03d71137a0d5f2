import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Seed of a random shape that declares none, so that every file describes one graph. */
export const DEFAULT_SEED = 1;

const TWO_TO_32 = 2 ** 32;

/** A seeded random number generator. The same seed always gives the same numbers, on every machine. */
export interface SeededRandom {
  /** Returns a whole number from 0 to `bound - 1`, uniformly distributed. */
  integerBelow(bound: number): number;
  /** Returns true with the given probability, from 0 to 1. */
  chance(probability: number): boolean;
}

/**
 * Creates a generator from a seed (a whole number from 0 to 2^32 - 1).
 *
 * Results depend on this generator, so it must not change: xoroshiro128+ (Blackman and Vigna, "Scrambled linear pseudorandom
 * number generators", 2021), as pure-rand implements it. All draws are integers: a probability is compared as a fraction of
 * 2^32, which scales a double exactly, so that no rounding can differ between machines.
 */
export function seededRandom(seed: number): SeededRandom {
  const generator = xoroshiro128plus(seed);
  return {
    integerBelow: (bound) => uniformInt(generator, 0, bound - 1),
    chance: (probability) => uniformInt(generator, 0, TWO_TO_32 - 1) < probability * TWO_TO_32,
  };
}

/** Returns the items in a random order, each order equally likely (Fisher-Yates). */
export function shuffle<T>(items: readonly T[], random: SeededRandom): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.integerBelow(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
