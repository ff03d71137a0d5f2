import type { NodeReport } from '../drift.ts';

/** What devnet asks of a node beyond `add_peer`. One of another make may not answer all of it, and is used as it is. */
export type NodeCapability = 'get_status' | 'get_peers' | 'remove_peer';

/**
 * What a node does not answer, by how it was last asked for its peers.
 * @param removes whether it answers `remove_peer`
 * @returns undefined when it cannot be asked
 */
export function missingCapabilities(
  by: NodeReport['source'],
  removes: boolean | undefined,
): NodeCapability[] | undefined {
  if (by === 'down' || removes === undefined) return undefined;
  return [
    ...(by === 'get_status' ? [] : (['get_status'] as const)),
    ...(by === 'none' ? (['get_peers'] as const) : []),
    ...(removes ? [] : (['remove_peer'] as const)),
  ];
}
