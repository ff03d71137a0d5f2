import { randomBytes } from 'node:crypto';
import type { DirectedLinkConditions, LinkConditions } from '../topology/model/topology.ts';

/** A fault that can be injected into a running network. Plain JSON: nodes go by name, presets are expanded. */
export type Fault =
  /** Drops everything from the nodes of one list to those of the other; the way back is a cut of its own. */
  | { kind: 'partition'; cuts: { from: string[]; to: string[] }[] }
  | { kind: 'kill' | 'stop' | 'pause' | 'restart'; node: string }
  /** `cpus` in cores, `memory` in bytes. */
  | { kind: 'squeeze'; node: string; cpus?: number; memory?: number }
  /** Hits messages from one node to another, of one type or of any. `delay` in milliseconds, `probability` 0–1. */
  | {
      kind: 'messages';
      from: string;
      to: string;
      type?: string;
      action: 'drop' | 'delay' | 'duplicate' | 'reorder' | 'corrupt';
      probability?: number;
      delay?: number;
    }
  /** Replaces the link's conditions, both ways; with `oneway`, only from `from` to `to`. */
  | { kind: 'link'; from: string; to: string; oneway?: boolean; quality: LinkConditions };

/** Identifies a fault in the log and to those who heal it. */
export interface FaultId {
  name: string;
  /** Time of automatic healing, even if this process is gone, milliseconds since the epoch. Only for faults on links. */
  until?: number;
}

/** A fault in force. */
export interface FaultHandle {
  name: string;
  fault: Fault;
  /** Takes the fault back and returns when it is. Further calls do nothing; one that failed can be repeated. */
  heal(): Promise<void>;
}

/** Result of a heal. */
export interface HealResult {
  /** Faults, and nodes that a fault had hit. */
  names: string[];
  /** Links whose conditions differed from the declared ones: `a -> b`, `a <-> b`. */
  links: string[];
}

/** Conditions in force for the packets from one node to another; nodes by name. */
export interface ActiveLinkConditions extends DirectedLinkConditions {
  /** Name of the fault that cuts this direction. */
  cut?: string;
}

/** Returns a name that no other fault has. */
export function newFaultName({ kind }: Fault): string {
  return `${kind}-${randomBytes(3).toString('hex')}`;
}

/** Returns whether a fault changes links rather than a node. */
export function isLinkFault({ kind }: Fault): boolean {
  return kind === 'partition' || kind === 'messages' || kind === 'link';
}

/** Returns whether faults are over as soon as they are injected, with nothing to heal: restarts. */
export function isMomentary(faults: readonly Fault[]): boolean {
  return faults.every(({ kind }) => kind === 'restart');
}
