import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Seed of a random shape whose file gives none: every file describes one graph. */
export const DEFAULT_SEED = 1;

const TWO_TO_32 = 2 ** 32;

/** A seeded stream of draws. The same seed gives the same stream on every machine, for ever. */
export interface SeededRandom {
  /** A whole number from 0 to `bound - 1`, each equally likely. */
  integerBelow(bound: number): number;
  /** True with the given probability, from 0 to 1. */
  chance(probability: number): boolean;
}

/**
 * Starts the stream of a seed (a whole number from 0 to 2^32 - 1).
 *
 * Results hang on this generator, so it must not change: xoroshiro128+ (Blackman and Vigna, "Scrambled linear
 * pseudorandom number generators", 2021), as pure-rand implements it. Draws stay within the integers: a probability is
 * compared as a fraction of 2^32, which scales a double exactly, so that no rounding can differ between machines.
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
