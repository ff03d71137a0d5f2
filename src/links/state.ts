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
  conditions: Condition[];
  cuts: Cut[];
  messageFaults: MessageFault[];
}

export type Shaping = 'auto' | 'kernel' | 'relay';

export interface LinkNode {
  name: string;
  /** `10.64.0.2` */
  address: string;
  port: number;
  /** `02:42:0a:40:00:02` */
  mac: string;
}

/** How packets from one node to another fare; the way back has a condition of its own. Names are nodes' addresses. */
export interface Condition extends Quality {
  from: string;
  to: string;
}

/** What is absent is as the network is by itself. */
export interface Quality {
  /** One way, milliseconds. */
  delay?: number;
  /** Delays vary evenly by up to this much either way, milliseconds. */
  jitter?: number;
  /** Chance (0–1) of a packet to be lost. */
  loss?: number;
  /** Bits a second. */
  rate?: number;
  /** Chances (0–1) of a packet to come twice, ahead of those before it, or with a bit turned. */
  duplicate?: number;
  reorder?: number;
  corrupt?: number;
}

/** Nothing passes from the one to the other; one-way unless there is another cut for the way back. */
export interface Cut {
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
