import type { Dialer } from '../controller/peers/dialer.ts';
import type { ContainerState } from '../engine/containers.ts';
import type { NetworkDumpSource } from '../testing/artifacts.ts';
import type { Link, Topology } from '../topology/index.ts';
import type { Fault } from './fault.ts';
import type { LogEntry } from './log-entry.ts';

/** What runs the nodes of a devnet. */
export type RuntimeName = 'containers' | 'process';

/** What a node is doing, in the container engine's words whatever runs it. */
export type NodeState = ContainerState;

/** A node as its backend holds it. */
export interface RunningNode {
  name: string;
  state: NodeState;
  /** Where it listens while it runs; both are its own for as long as the devnet stands. */
  host: string;
  port: number;
}

export interface ReadLogOptions {
  /** Go on with what is written from now on, until `signal` aborts or the devnet is taken down. */
  follow: boolean;
  /** Only these nodes. */
  nodes?: readonly string[];
  /** Per node, this many lines of what there is. */
  tail?: number;
  signal?: AbortSignal;
}

/** What a command in a node's container wrote, and how it ended. */
export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A fault in force. */
export interface FaultHandle {
  name: string;
  /** Takes it back; once more does nothing. */
  heal(): Promise<void>;
}

/**
 * A network that runs, whatever runs it: nodes that can be dialed, one log, and a hand on each node. All else — asking,
 * verifying, gossip, waiting — is made of these and the same for every backend.
 */
export interface RunningNetwork {
  readonly runtime: RuntimeName;
  /** As declared now. */
  readonly topology: Topology;
  /** The way to the nodes, open until `down`. */
  readonly dialer: Dialer;
  /** In the topology's order. @throws DevnetError `no_such_devnet` when it was taken down elsewhere */
  nodes(): Promise<RunningNode[]>;
  /** The merged log, in batches; with `CONTROLLER` entries for what happens to nodes when it is followed. */
  readLog(options: ReadLogOptions): AsyncIterable<LogEntry[]>;
  /** Ends a node as a crash would. */
  kill(node: string): Promise<void>;
  /** Asks a node to end, and waits until it has. */
  stop(node: string): Promise<void>;
  /** Freezes a node: its connections stay and nobody answers on them. */
  pause(node: string): Promise<void>;
  /**
   * Brings a node that ended or was paused back: running, listening and told of its peers again.
   * @param timeout milliseconds
   */
  start(node: string, timeout: number, signal: AbortSignal): Promise<void>;
  /** Injects a fault; by default under a name that no other has. */
  inject(fault: Fault, name?: string): Promise<FaultHandle>;
  /** Takes faults back by name, or all. @returns faults and nodes by name, links that had other conditions as `a <-> b` */
  heal(names?: readonly string[]): Promise<{ names: string[]; links: string[] }>;
  exec(node: string, command: readonly string[]): Promise<ExecResult>;
  /** What a dump asks of it; what was done to it is another's to know. @throws DevnetError as `nodes` does */
  dumpSource(): Promise<NetworkDumpSource>;
  /** Puts other links in force: what `carryOut` brings about, among the nodes as they are, is declared once it has succeeded. */
  declareLinks(links: readonly Link[], carryOut: (nodes: readonly RunningNode[]) => Promise<void>): Promise<void>;
  /** It is to stay up, whatever becomes of this process. */
  leaveRunning(): Promise<void>;
  /** Leaves nothing. */
  down(): Promise<void>;
}
