import type { Topology } from '../topology/model/topology.ts';

/** A step of a rollout; nodes go by name. `why` is the reason for it, and absent where the whole network is new. */
export type PlanStep =
  | { do: 'make network'; why?: string }
  | { do: 'remove network'; why: string }
  | { do: 'make node'; node: string; why?: string }
  | { do: 'remove node'; node: string; why: string }
  | { do: 'unpause node'; node: string }
  /** Connects a node to its network again, at its address. */
  | { do: 'reconnect node'; node: string; why: string }
  /** Sets the declared link conditions and heals all faults of links. `pairs`: number of conditions that are declared. */
  | { do: 'set conditions'; pairs: number; why?: string }
  /** Sends add_peer to `from`. */
  | { do: 'add link'; from: string; to: string }
  /** Sends remove_peer to `from`. `to` is a name, or an address that is not a node's; `address` is `host:port`. */
  | { do: 'remove link'; from: string; to: string; address: string };

/**
 * Returns the steps that create a network from nothing.
 * @param options.why reason that an existing network is replaced
 * @param options.setsConditions sets the link conditions also where none are declared. @default false
 */
export function creationSteps(
  topology: Topology,
  { why, setsConditions = false }: { why?: string | undefined; setsConditions?: boolean } = {},
): PlanStep[] {
  const reason = why === undefined ? {} : { why };
  const pairs = topology.conditions.length;
  return [
    { do: 'make network', ...reason },
    ...(pairs > 0 || setsConditions ? [{ do: 'set conditions', pairs } as const] : []),
    ...topology.nodes.map(({ name }): PlanStep => ({ do: 'make node', node: name, ...reason })),
    ...topology.links.map(({ from, to }): PlanStep => ({ do: 'add link', from, to })),
  ];
}
