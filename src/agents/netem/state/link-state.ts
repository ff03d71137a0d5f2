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
  /** Keeps the nodes from everything but each other. Absent where the network is open. */
  closed?: ClosedNetwork;
  /**
   * Subnet, CIDR, of a large network: the kernel does not track the connections between its nodes, except while the proxy intercepts
   * some. Docker reads the table of tracked connections for each container that it removes. @default they are tracked
   */
  untracked?: string;
  nodes: LinkNode[];
  /** Applies delay, jitter and rate: the kernel, the proxy (`relay`), or `auto`: the kernel where it can, else the proxy. */
  shaping: Shaping;
  /** As in a topology, but between addresses. */
  conditions: DirectedLinkConditions[];
  /** Conditions that faults set in place of these; of several for one direction of a link the last one counts. */
  overrides: ConditionOverride[];
  cuts: LinkCut[];
  messageFaults: MessageFault[];
  /** Part of the network that is on the agent's host, where the network is over several. Absent: all of it. */
  part?: HostPart;
}

/** Settings of an agent in a network over several hosts, each of which has an agent with the same state. */
export interface HostPart {
  /** Counts the states of the network. An agent does not apply one that is older than its own. */
  version: number;
  /** Addresses of the nodes on the agent's host. */
  nodes: string[];
}

export interface LinkNode {
  name: string;
  /** `10.64.0.2` */
  address: string;
  port: number;
  /** `02:42:0a:40:00:02` */
  mac: string;
}

/** Fields that every part of a fault has about the fault. */
export interface FaultOrigin {
  /** Id of the fault that it belongs to. */
  fault: string;
  /** Time of automatic healing, milliseconds since the epoch. */
  until?: number;
  /** Time since when it is in force, by the agent's clock, milliseconds since the epoch; set by the agent. */
  since?: number;
  /** User and machine that injected it, as `ada@laptop`. */
  by?: string;
}

/** Means by which a network is closed. */
export interface ClosedNetwork {
  /**
   * Prefix length of the bridge's address, which the engine left out so that nodes reach nothing of its machine: where the proxy
   * needs the address, the agent adds it behind rules. Absent where the engine has set it.
   */
  prefix?: number;
  /** The engine answers the nodes' DNS queries on the bridge's address. @default false */
  dns?: boolean;
}

/** Replaces the conditions of one direction of a link as a whole: a condition that is absent is off. */
export interface ConditionOverride extends DirectedLinkConditions, FaultOrigin {}

/** Drops all packets from some nodes to others; one-way unless another cut drops the way back. */
export interface LinkCut extends FaultOrigin {
  /** Addresses. */
  from: string[];
  to: string[];
}

/** Changes messages from one node to another, whichever of the two dialed. */
export interface MessageFault extends FaultOrigin {
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
}

/** Conditions and faults of the proxy for one direction of a link. */
export interface LinkSettings {
  conditions: LinkConditions;
  messageFaults: readonly MessageFault[];
}

/** A part of a fault: of one kind, between some nodes. */
export type FaultPart = ConditionOverride | LinkCut | MessageFault;

/** Returns every part of every fault. */
export function faultParts({ overrides, cuts, messageFaults }: LinkState): FaultPart[] {
  return [...overrides, ...cuts, ...messageFaults];
}

/** Returns the state with only those parts of faults that `keep` accepts. */
export function filterFaults(state: LinkState, keep: (part: FaultPart) => boolean): LinkState {
  return {
    ...state,
    overrides: state.overrides.filter(keep),
    cuts: state.cuts.filter(keep),
    messageFaults: state.messageFaults.filter(keep),
  };
}

/** Returns the conditions of every direction that has any: those of the last override, else those of the topology. */
export function conditionsInForce({ conditions, overrides }: LinkState): DirectedLinkConditions[] {
  const key = ({ from, to }: DirectedLinkConditions): string => `${from} ${to}`;
  const inForce = new Map(conditions.map((one) => [key(one), one]));
  for (const { fault: _fault, until: _until, since: _since, by: _by, ...one } of overrides) inForce.set(key(one), one);
  return [...inForce.values()].filter((one) => Object.keys(one).length > 2);
}

/** Returns the state without the faults that have expired. */
export function removeExpiredFaults(state: LinkState, now: number): LinkState {
  return filterFaults(state, ({ until }) => until === undefined || until > now);
}

/** Returns the state with the time on each part of a fault that has none yet. */
export function stampFaults(state: LinkState, now: number): LinkState {
  const stamp = <Part extends FaultPart>(part: Part): Part =>
    part.since === undefined ? { ...part, since: now } : part;
  return {
    ...state,
    overrides: state.overrides.map(stamp),
    cuts: state.cuts.map(stamp),
    messageFaults: state.messageFaults.map(stamp),
  };
}

/** Returns when the next fault expires, in milliseconds since the epoch; undefined if none does. */
export function nextFaultExpiry(state: LinkState): number | undefined {
  const times = faultParts(state).flatMap(({ until }) => until ?? []);
  return times.length === 0 ? undefined : times.reduce((first, time) => Math.min(first, time));
}

/** Returns a function that returns the name of the node with an address, or the address where there is none. */
export function nodeNameLookup({ nodes }: LinkState): (address: string) => string {
  const names = new Map(nodes.map(({ address, name }) => [address, name]));
  return (address) => names.get(address) ?? address;
}
