import type { SeededRandom } from '../../shared/seeded-random.ts';
import type { Edge } from './edge.ts';

/**
 * Puts drawn edges in order and tosses a coin for the direction of each. Without the coin, a one-way random graph would
 * always point from low to high numbers, and nothing would ever reach the first node.
 */
export function orientEdges(nodes: number, edges: readonly Edge[], draws: SeededRandom): Edge[] {
  const rank = ([a, b]: Edge) => Math.min(a, b) * nodes + Math.max(a, b);
  return [...edges]
    .sort((one, other) => rank(one) - rank(other))
    .map(([a, b]): Edge => {
      const [low, high] = a < b ? [a, b] : [b, a];
      return draws.chance(0.5) ? [low, high] : [high, low];
    });
}
