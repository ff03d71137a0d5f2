import type { DirectedLinkConditions, LinkConditions, Shaping } from '../../../topology/model/topology.ts';

export type { DirectedLinkConditions, LinkConditions, Shaping };

/**
 * Everything that the links between the nodes of a network are to do: applying a state replaces the one before. It is plain
 * JSON, made by the controller and applied by the agent, which runs beside the engine and knows addresses, not names.
 */
export interface LinkState {
  /** Name of the network: that of its tables, and in its log lines. */
  devnet: string;
  /** Interface of the bridge in the engine host's network namespace, as `br-0123456789ab`. */
  bridge: string;
  /** Address of the bridge. */
  gateway: string;
  nodes: LinkNode[];
  /** Applies delay, jitter and rate: the kernel, the proxy (`relay`), or `auto`: the kernel where it can, else the proxy. */
  shaping: Shaping;
  /** As in a topology, but between addresses. */
  conditions: DirectedLinkConditions[];
  cuts: LinkCut[];
  messageFaults: MessageFault[];
}

export interface LinkNode {
  name: string;
  /** `10.64.0.2` */
  address: string;
  port: number;
  /** `02:42:0a:40:00:02` */
  mac: string;
}

/** Drops all packets from some nodes to others; one-way unless another cut drops the way back. */
export interface LinkCut {
  /** Id of the fault that it belongs to. */
  fault: string;
  /** Addresses. */
  from: string[];
  to: string[];
  /** Time of automatic healing, milliseconds since the epoch. */
  until?: number;
}

/** Changes messages from one node to another, whichever of the two dialed. */
export interface MessageFault {
  /** Id of the fault that it belongs to. */
  fault: string;
  /** Addresses. */
  from: string;
  to: string;
  /** `message_type`; absent for any. */
  type?: string;
  action: 'drop' | 'delay' | 'duplicate' | 'reorder' | 'corrupt';
  /** Chance of each message to be selected, 0–1. */
  probability: number;
  /** Milliseconds of a `delay`. */
  delay?: number;
  /** Time of automatic healing, milliseconds since the epoch. */
  until?: number;
}

/** Conditions and faults of the proxy for one direction of a link. */
export interface LinkSettings {
  conditions: LinkConditions;
  messageFaults: readonly MessageFault[];
}

/** Returns the state without the faults that have expired. */
export function removeExpiredFaults(state: LinkState, now: number): LinkState {
  const isActive = ({ until }: { until?: number }): boolean => until === undefined || until > now;
  return { ...state, cuts: state.cuts.filter(isActive), messageFaults: state.messageFaults.filter(isActive) };
}

/** Returns when the next fault expires, in milliseconds since the epoch; undefined if none does. */
export function nextFaultExpiry(state: LinkState): number | undefined {
  const times = [...state.cuts, ...state.messageFaults].flatMap(({ until }) => until ?? []);
  return times.length === 0 ? undefined : times.reduce((first, time) => Math.min(first, time));
}

/** Returns a function that returns the name of the node with an address, or the address where there is none. */
export function nodeNameLookup({ nodes }: LinkState): (address: string) => string {
  const names = new Map(nodes.map(({ address, name }) => [address, name]));
  return (address) => names.get(address) ?? address;
}
