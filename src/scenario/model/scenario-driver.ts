import type { Fault } from '../../network/fault.ts';
import type { Message } from '../../protocol/index.ts';

/** What a scenario does to a devnet and sees of it. */
export interface ScenarioDriver {
  /** Told of all faults before the first: what takes long and can be done beforehand is, and none is in force when this returns. */
  prepare(faults: readonly Fault[]): Promise<void>;
  /** Injects a fault; when this returns it is in force. */
  inject(fault: Fault, tag: FaultId): Promise<ActiveFault>;
  /** Tells a node news, and returns when the node has it. @throws DevnetError `node_unreachable` */
  gossip(from: string, news: { id: string; data?: unknown }): Promise<void>;
  /** Sends one message; undefined where it has no reply. @throws DevnetError `node_unreachable` */
  send(to: string, message: Message): Promise<Message | undefined>;
  /** How the graph differs from the declared one, one line for each kind of difference; none: it does not. */
  drift(): Promise<string[]>;
  /** Nodes, by name, to which a node says that it has dialed a connection that stands; none of one that does not run. */
  connectedPeers(node: string): Promise<string[]>;
  /**
   * The merged log from a moment on (milliseconds since the epoch), as it is written, until the signal aborts; resolves when
   * nothing that happens from then on can be missed.
   */
  followLog(since: number, signal: AbortSignal): Promise<AsyncIterable<readonly LogEntry[]>>;
  /** The id of the news that a line says its node has received. */
  receivedGossipId(line: LogEntry): string | undefined;
}

/** How a fault is known: in the log, and to those who take it back. */
export interface FaultId {
  name: string;
  /** When it is to be over even if this process is, milliseconds since the epoch. */
  until?: number;
}

export interface ActiveFault {
  /** Takes the fault back; when this returns it is. */
  heal(): Promise<void>;
}

/** One line of the merged log. */
export interface LogEntry {
  /** ISO 8601, UTC. */
  time: string;
  /** Who wrote it: a node, or devnet itself. */
  node: string;
  level: 'error' | 'warn' | 'info' | 'debug';
  event: string;
  fields: Record<string, unknown>;
}

/** Time, so that a test can have its own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after so many milliseconds; rejects with the signal's reason when it aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}
