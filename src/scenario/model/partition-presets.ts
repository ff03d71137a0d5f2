import type { SeededRandom } from '../../shared/seeded-random.ts';

/** What stands for a partition of all nodes without naming any. */
export const PARTITION_PRESETS = ['halves', 'one-alone', 'majorities-ring', 'bridge'] as const;
export type PartitionPreset = (typeof PARTITION_PRESETS)[number];

/** Nothing that a node of the one list sends arrives at one of the other. */
export interface PartitionCut {
  from: string[];
  to: string[];
}

/** Fewest nodes that a preset divides. */
export const MIN_PRESET_NODES: Record<PartitionPreset, number> = {
  halves: 2,
  'one-alone': 2,
  bridge: 3,
  'majorities-ring': 4,
};

/**
 * Partitions that distributed systems have been found wrong under, as Jepsen knows them.
 * @param nodes in the order that the preset is to see, at least {@link MIN_PRESET_NODES}; of an odd number the second half is larger
 * @param oneway the first part cannot reach the second, which still reaches the first
 */
export function cutsForPreset(preset: PartitionPreset, nodes: readonly string[], oneway = false): PartitionCut[] {
  const half = Math.floor(nodes.length / 2);
  switch (preset) {
    case 'halves':
      return cutsBetween([nodes.slice(0, half), nodes.slice(half)], oneway);
    case 'one-alone':
      return cutsBetween([nodes.slice(0, 1), nodes.slice(1)], oneway);
    case 'bridge':
      return cutsBetween([nodes.slice(0, half), nodes.slice(half + 1)], oneway);
    case 'majorities-ring':
      return cutsForMajoritiesRing(nodes);
  }
}

/** Cuts each group off from every other; nodes in no group reach all. `oneway`: only earlier ones off from later ones. */
export function cutsBetween(groups: readonly (readonly string[])[], oneway = false): PartitionCut[] {
  return groups.flatMap((from, one) =>
    groups.flatMap((to, other) => (one === other || (oneway && one > other) ? [] : [{ from: [...from], to: [...to] }])),
  );
}

/**
 * In a ring, each node reaches those near it on both sides: a majority, and no two nodes the same one. A connection needs
 * both ways, so a node reaches as many on the left as on the right, which for some sizes is one more than a bare majority.
 */
function cutsForMajoritiesRing(nodes: readonly string[]): PartitionCut[] {
  const majority = Math.floor(nodes.length / 2) + 1;
  const radius = Math.ceil((majority - 1) / 2);
  return nodes.map((node, place) => {
    const far = nodes.filter((_, other) => {
      const apart = Math.abs(place - other);
      return Math.min(apart, nodes.length - apart) > radius;
    });
    return { from: [node], to: far };
  });
}

/** The nodes in an order that is drawn, each as likely as any other. */
export function shuffleNodes(nodes: readonly string[], random: SeededRandom): string[] {
  const order = [...nodes];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.integerBelow(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
