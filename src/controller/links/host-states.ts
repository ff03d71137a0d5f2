import type { VersionedLinkState } from '../../agents/netem/link-controller.ts';
import type { FaultPart, LinkState } from '../../agents/netem/state/link-state.ts';

/** A host of a swarm, as the states of its agent depend on it. */
export interface LinkHost {
  name: string;
  /** Time by which its clock is ahead of the manager's, milliseconds. */
  clockAheadMs: number;
}

/**
 * Returns a network's link state as the agent of one host is sent it: with the nodes that are on the host, and times by its clock.
 * @param hosts host of each node
 */
export function stateForHost(
  state: LinkState,
  version: number,
  { name, clockAheadMs }: LinkHost,
  hosts: ReadonlyMap<string, string>,
): LinkState {
  const nodes = state.nodes.filter((node) => hosts.get(node.name) === name).map(({ address }) => address);
  return { ...shiftTimes(state, clockAheadMs), part: { version, nodes } };
}

/** Returns the link state of the network, from the one that the agent of a host has. */
export function stateOfNetwork({ part: _, ...state }: LinkState, { clockAheadMs }: LinkHost): LinkState {
  return shiftTimes(state, -clockAheadMs);
}

/** Returns the version of an agent's state; 0 where it has none. */
export function versionOf({ state }: Pick<VersionedLinkState, 'state'>): number {
  return state?.part?.version ?? 0;
}

/** Returns whether an agent has another state than its host is to have. */
export function isBehind({ state }: Pick<VersionedLinkState, 'state'>, wanted: LinkState): boolean {
  return JSON.stringify(state?.part) !== JSON.stringify(wanted.part);
}

function shiftTimes(state: LinkState, ms: number): LinkState {
  if (ms === 0) return state;
  const shift = <Part extends FaultPart>({ until, since, ...part }: Part): Part =>
    ({
      ...part,
      ...(until === undefined ? {} : { until: until + ms }),
      ...(since === undefined ? {} : { since: since + ms }),
    }) as Part;
  return {
    ...state,
    overrides: state.overrides.map(shift),
    cuts: state.cuts.map(shift),
    messageFaults: state.messageFaults.map(shift),
  };
}
