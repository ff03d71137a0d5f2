import type { DirectedLinkConditions, LinkConditions, Shaping } from '../../../topology/model/topology.ts';

export type { DirectedLinkConditions, LinkConditions, Shaping };

/**
 * What the network between the nodes of a devnet is to do, whole: applying a state replaces the one before. It is plain JSON,
 * made by the controller and carried out by the links program, which runs beside the engine and knows addresses, not names.
 */
export interface LinkState {
  /** Of the devnet: names its tables and marks its log lines. */
  devnet: string;
  /** The bridge's interface in the engine host's network namespace, as `br-0123456789ab`. */
  bridge: string;
  /** The bridge's own address. */
  gateway: string;
  nodes: LinkNode[];
  /** What carries delay, jitter and rate: the kernel, a relay, or `auto`: the kernel where it can, else a relay. */
  shaping: Shaping;
  /** As a topology has them, but between addresses. */
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

/** Nothing passes from the one to the other; one-way unless there is another cut for the way back. */
export interface LinkCut {
  /** Of the fault that it belongs to. */
  fault: string;
  /** Addresses. */
  from: string[];
  to: string[];
  /** When it heals by itself, milliseconds since the epoch. */
  until?: number;
}

/** What happens to messages of one type from one node to another, whoever of the two dialed. */
export interface MessageFault {
  /** Of the fault that it belongs to. */
  fault: string;
  /** Addresses. */
  from: string;
  to: string;
  /** `message_type`; absent: any. */
  type?: string;
  action: 'drop' | 'delay' | 'duplicate' | 'reorder' | 'corrupt';
  /** Chance (0–1) of a message to be hit. */
  probability: number;
  /** Of `delay`, milliseconds. */
  delay?: number;
  /** When it heals by itself, milliseconds since the epoch. */
  until?: number;
}
