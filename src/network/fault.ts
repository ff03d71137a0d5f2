import { randomBytes } from 'node:crypto';
import type { DirectedLinkConditions, LinkConditions } from '../topology/model/topology.ts';

/** A fault that can be injected into a running network. Plain JSON: nodes go by name, presets are expanded. */
export type Fault =
  | {
      kind: 'partition';
      /** Each drops everything from the nodes of one list to those of the other; the way back is a cut of its own. */
      cuts: { from: string[]; to: string[] }[];
    }
  | {
      kind: 'kill' | 'stop' | 'pause' | 'restart';
      /** Name of the node that is hit. */
      node: string;
    }
  | {
      kind: 'squeeze';
      /** Name of the node whose limits are replaced. */
      node: string;
      /** Processor limit, cores. @default unchanged */
      cpus?: number;
      /** Memory limit, bytes. @default unchanged */
      memory?: number;
    }
  | {
      kind: 'messages';
      /** Name of the sending node. */
      from: string;
      /** Name of the receiving node; messages in the other direction pass unchanged. */
      to: string;
      /** Only messages of this type. @default all types */
      type?: string;
      /** Action on the messages that are hit. */
      action: 'drop' | 'delay' | 'duplicate' | 'reorder' | 'corrupt';
      /** Probability that a message is hit, 0–1. @default 1 */
      probability?: number;
      /** Only for `delay`: time that a message is held back, milliseconds. @default none */
      delay?: number;
    }
  | {
      kind: 'link';
      /** Name of the node at one end. */
      from: string;
      /** Name of the node at the other end. */
      to: string;
      /** Only packets from `from` to `to`. @default false: both directions */
      oneway?: boolean;
      /** Conditions that replace those of the link; one that is absent is off. */
      quality: LinkConditions;
    };

/** Actions on a host of a swarm. */
export const HOST_ACTIONS = ['cut', 'pause', 'kill'] as const;

/** A fault on a host of a swarm: on the nodes that are on it when the fault is injected. */
export interface HostFault {
  kind: 'host';
  /** Name of the host. */
  host: string;
  /** `cut` drops everything between its nodes and those of other hosts; the others hit each of its nodes. */
  action: (typeof HOST_ACTIONS)[number];
}

/** A fault before it is known which nodes it hits. */
export type PlannedFault = Fault | HostFault;

/** Identifies a fault in the log and to those who heal it. */
export interface FaultId {
  /** Unique among the faults in force. */
  name: string;
  /**
   * Time of automatic healing, even if this process is gone, milliseconds since the epoch by this process's clock. Only for faults
   * on links.
   * @default none
   */
  until?: number;
  /** User and machine that inject it, as `ada@laptop`. @default those of this process */
  by?: string;
}

/** A fault that is in force, whoever injected it. */
export interface ActiveFault {
  /** Unique among the faults in force. */
  name: string;
  /** Time of automatic healing, by the clock of the engine's host, milliseconds since the epoch. @default none */
  until?: number;
  /** Kind of the fault, and the links or the node that it is on: `a -> b cut`, `a -> b delay=80`, `n3 cpus=0.2`. */
  description: string;
  /** Time since when it is in force, by the clock of the engine's host, milliseconds since the epoch. @default unknown */
  since?: number;
  /** User and machine that injected it, as `ada@laptop`. @default unknown */
  by?: string;
}

/** A fault that this process injected. */
export interface FaultHandle {
  /** Name in the log, and for `heal`. */
  name: string;
  /** The fault, with presets expanded and numbers in their units. */
  fault: Fault;
  /**
   * Takes the fault back and returns when it is. Further calls do nothing; one that failed can be repeated.
   * @throws DevnetError `links_failed` for a fault on links; `node_silent`, `node_unreachable` or `not_verified` for a node that
   *   does not come back with its peers; `no_such_devnet`, `engine_gone`, `engine_failed`
   */
  heal(): Promise<void>;
  /** Limitation that it is in force with, as text. @default none */
  warning?: string;
}

/** What to heal: a fault or a node by its name, or the conditions that faults set on one direction of a link. */
export type HealTarget = string | { from: string; to: string };

/** Result of a heal. */
export interface HealResult {
  /** Faults, and nodes that a fault had hit. */
  names: string[];
  /** Links whose conditions differed from the declared ones: `a -> b`, `a <-> b`. */
  links: string[];
  /** Limitation that the healed state is in force with, as text. @default none */
  warning?: string;
}

/** Conditions in force for the packets from one node to another; nodes by name. */
export interface ActiveLinkConditions extends DirectedLinkConditions {
  /** Name of the fault that cuts this direction. */
  cut?: string;
  /** The kernel cannot apply its delay, jitter or rate: a proxy does, to TCP only. */
  proxied?: true;
}

/** Limitation of links whose conditions a proxy applies. */
export const PROXY_LIMITATION =
  'a proxy applies delay, jitter and rate to TCP only: UDP is neither delayed nor limited, and loss slows TCP less than on a link of that delay';

/** Returns a name that no other fault has. */
export function newFaultName({ kind }: Fault): string {
  return `${kind}-${randomBytes(3).toString('hex')}`;
}

/** Returns whether a fault changes links rather than nodes. */
export function isLinkFault(fault: PlannedFault): boolean {
  const { kind } = fault;
  return kind === 'partition' || kind === 'messages' || kind === 'link' || (kind === 'host' && fault.action === 'cut');
}

/** Returns whether faults are over as soon as they are injected, with nothing to heal: restarts. */
export function isMomentary(faults: readonly PlannedFault[]): boolean {
  return faults.every(({ kind }) => kind === 'restart');
}
