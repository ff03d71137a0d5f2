/** Partitions of all nodes that a file can name instead of listing groups. */
export const PARTITION_PRESETS = ['halves', 'one-alone', 'majorities-ring', 'bridge'] as const;
/** Name of a preset, which divides all nodes: see docs/faults.md. */
export type PartitionPreset = (typeof PARTITION_PRESETS)[number];

/** No packet from a node in `from` reaches a node in `to`. */
export interface PartitionCut {
  from: string[];
  to: string[];
}

/** Smallest number of nodes that each preset divides. */
export const MIN_PRESET_NODES: Record<PartitionPreset, number> = {
  halves: 2,
  'one-alone': 2,
  bridge: 3,
  'majorities-ring': 4,
};

/**
 * Returns the cuts of a preset. The presets are those that Jepsen has found distributed systems to fail under.
 * @param nodes at least {@link MIN_PRESET_NODES}, in the order that decides who is in which part; of an odd number, the
 *   second half is the larger one
 * @param oneway cuts only from the first part to the second, which still reaches the first
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

/**
 * Cuts each group off from every other group; nodes in no group still reach all.
 * @param oneway cuts only from earlier groups to later ones
 */
export function cutsBetween(groups: readonly (readonly string[])[], oneway = false): PartitionCut[] {
  return groups.flatMap((from, one) =>
    groups.flatMap((to, other) => (one === other || (oneway && one > other) ? [] : [{ from: [...from], to: [...to] }])),
  );
}

/**
 * Lets each node reach its nearest neighbours on a ring, a majority that no other node has. A connection needs both
 * directions, so a node reaches as many on its left as on its right, which for some sizes is one more than a bare majority.
 */
function cutsForMajoritiesRing(nodes: readonly string[]): PartitionCut[] {
  const majority = Math.floor(nodes.length / 2) + 1;
  const radius = Math.ceil((majority - 1) / 2);
  return nodes.map((node, index) => {
    const unreachable = nodes.filter((_, other) => {
      const distance = Math.abs(index - other);
      return Math.min(distance, nodes.length - distance) > radius;
    });
    return { from: [node], to: unreachable };
  });
}
