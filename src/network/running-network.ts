import type { ExecStreams } from '../engine/exec.ts';
import type { ResourceUsage } from '../engine/resource-usage.ts';
import type { ClockOffset } from '../shared/time/clock-offset.ts';
import type { DirectedLinkConditions, Link, Topology } from '../topology/model/topology.ts';
import type { Capability, RuntimeName } from './capabilities.ts';
import type { Dialer } from './dialer.ts';
import type {
  ActiveFault,
  ActiveLinkConditions,
  Fault,
  FaultHandle,
  FaultId,
  HealResult,
  HealTarget,
} from './fault.ts';
import type { LinkMeasurement, MeasureLinksOptions } from './links/link-measurement.ts';
import type { LogEntry } from './log-entry.ts';
import type { NetworkStatus, NodeState } from './network-status.ts';

export type { ResourceUsage } from '../engine/resource-usage.ts';

/** Address that a node listens on while it runs. */
export interface NodeAddress {
  host: string;
  port: number;
}

/** A node as its runtime holds it. Its address stays the same for as long as the network stands. */
export interface RunningNode extends NodeAddress {
  name: string;
  state: NodeState;
  /** Host of a swarm that it runs on. */
  onHost?: string;
}

export interface ReadLogOptions {
  /** Go on with what is written from now on, until `signal` aborts or the network is taken down. */
  follow: boolean;
  /** Only entries from this moment on, milliseconds since the epoch by the nodes' clock. @default the whole log */
  since?: number;
  /** Only these nodes, and what `CONTROLLER` says of them; `CONTROLLER` among them: all that it says. @default all */
  nodes?: readonly string[];
  /** Only this many entries of each node from before now. @default all */
  tail?: number;
  /** While following, how long an entry waits for earlier ones of other nodes, milliseconds. @default as late as they come, 300 at most */
  windowMs?: number;
  signal?: AbortSignal;
}

/** Facts about a network that are known without asking its nodes. */
export interface NetworkSummary {
  name: string;
  runtime: RuntimeName;
  /** Id of the run: two networks that had one name, one after the other, differ in it. */
  run: string;
  /** Seconds since the epoch, by the nodes' clock. */
  created: number;
  /** Absent when it has none left. */
  subnet?: string;
  /** The nodes that there are, in the topology's order. */
  nodes: SummarizedNode[];
  /** Numbers of declared nodes and links; absent when only remains of the network are left. */
  declared?: { nodes: number; links: number };
}

export interface SummarizedNode extends RunningNode {
  /** Id of the node's container, where it is one. */
  container?: string;
}

export interface StartNodeOptions {
  /** Milliseconds for the node to listen and to list its peers. @default 30,000 */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface RelinkOptions {
  /** Milliseconds without progress for the links to stand. */
  timeoutMs: number;
  signal: AbortSignal;
  /** As for `declareLinks`. */
  conditions?: readonly DirectedLinkConditions[] | undefined;
}

/** Parts of a status that are asked for. */
export interface StatusOptions {
  /** Nodes whose uptime and memory are read, which takes an engine longer than all the rest. @default all */
  usageOf?: readonly string[];
  /** Have nodes measure the round trips of their links now; else they report the last ones, with their age. @default true */
  measureRoundTrips?: boolean;
  /** Find out what each node lacks, which takes a request that it refuses or ignores. @default true */
  probeCapabilities?: boolean;
}

/** Options of a capture of packets. */
export interface CaptureOptions {
  /** Expression of pcap-filter(7). @default all packets */
  filter?: string;
  /** Ends the capture; packets until then still come. */
  signal: AbortSignal;
}

/** One of several hosts whose packets a capture has: the bytes of each are a file of its own. */
export interface CaptureSource {
  /** Name of the host. */
  name: string;
  /** Time by which its clock is ahead of the clock that times of the network are by, milliseconds. */
  clockAheadMs: number;
}

/** A part of a capture, in the order in which they come. */
export type CapturedPart =
  /** The next bytes of a pcap or pcapng file, cut anywhere: Linux cooked mode, version 2, times by the nodes' clock. */
  | { bytes: Buffer; source?: CaptureSource }
  /** The capture is complete, but for packets that the kernel had to drop. */
  | { dropped: number };

/**
 * A running network: the one interface between the runtimes, which run nodes, and all that acts on them. Nodes go by name
 * everywhere but in `addresses` and in what nodes themselves say (log entries; `nameNodes` translates those).
 *
 * Methods throw {@link UnsupportedError} for what the runtime cannot do, `no_such_node` for a node that is not declared, and
 * `no_such_devnet` after the network was taken down.
 */
export interface RunningNetwork {
  readonly name: string;
  readonly runtime: RuntimeName;
  /** Capabilities of the runtime; everything else, every runtime can do. */
  readonly capabilities: ReadonlySet<Capability>;
  /** As declared now: what was brought up, with the links that were declared last. */
  readonly topology: Topology;
  /** Address of every node, by name, in the topology's order. */
  readonly addresses: ReadonlyMap<string, NodeAddress>;
  /** The controller's way to the nodes, open until `down` or `close`. */
  readonly dialer: Dialer;

  /** Measures how far the nodes' clock is ahead of this process's. Times of log entries and receipts are by the nodes' clock. */
  clockOffset(): Promise<ClockOffset>;
  /** Lists the nodes and their states, in the topology's order. */
  nodes(): Promise<RunningNode[]>;
  /** Tells what is known of the network without asking its nodes. */
  summary(): Promise<NetworkSummary>;
  /** Asks the runtime and every node for their state, and compares the graph with the declared one. */
  status(options?: StatusOptions): Promise<NetworkStatus>;
  /**
   * Reads the merged log, in batches. Resolves when nothing that happens from then on can be missed. While it is followed,
   * it also holds the events of nodes and links (`node_ended`, `link_cut`, …), as entries of `CONTROLLER`.
   * Abort `signal` to stop reading a log that nobody iterates.
   */
  readLog(options: ReadLogOptions): Promise<AsyncIterable<LogEntry[]>>;

  /** Ends a node as a crash would: its connections are reset, it logs nothing. Does nothing to a node that does not run. */
  kill(node: string): Promise<void>;
  /** Asks a node to end, and waits until it has. Does nothing to a node that does not run. */
  stop(node: string): Promise<void>;
  /** Freezes a node: its connections stay open, and nobody answers on them. */
  pause(node: string): Promise<void>;
  /** Thaws a frozen node. */
  unpause(node: string, options?: StartNodeOptions): Promise<void>;
  /**
   * Starts a node that ended, or thaws it; returns when it listens and lists its peers again.
   * @throws DevnetError `node_silent`
   */
  start(node: string, options?: StartNodeOptions): Promise<void>;
  /** Stops a node if it runs, and starts it. @throws DevnetError `node_silent` */
  restart(node: string, options?: StartNodeOptions): Promise<void>;
  /** Runs a command beside a node, in its container or namespace, connected to `streams`. @returns its exit code */
  exec(node: string, command: readonly string[], streams: ExecStreams): Promise<number>;
  /** Calls `onUsage` about once a second for each node that runs, until none does or `signal` aborts. */
  watchUsage(onUsage: (node: string, usage: ResourceUsage) => void, signal: AbortSignal): Promise<void>;

  /**
   * Captures packets, each once, where its node sends it: before anything is lost, cut or delayed. Resolves when no later packet
   * can be missed; ends when `signal` aborts or the network is taken down.
   * @throws DevnetError `usage` for a filter that is not valid, `engine_missing` and `image_missing` without a program that captures
   */
  capturePackets(options: CaptureOptions): Promise<AsyncIterable<CapturedPart>>;

  /** Prepares what takes time before these faults can be injected; none is in force when it returns. */
  prepareFaults(faults: readonly Fault[]): Promise<void>;
  /** Injects a fault, by default under a new name; when it returns the fault is in force. @throws DevnetError `links_failed` */
  inject(fault: Fault, id?: FaultId): Promise<FaultHandle>;
  /**
   * Heals faults, whoever injected them: these, or all. The name of a node stands for the faults on that node.
   * @throws DevnetError `no_such_fault`
   */
  heal(targets?: readonly HealTarget[]): Promise<HealResult>;
  /** Lists the faults on links that are in force. */
  activeFaults(): Promise<ActiveFault[]>;
  /** Lists the conditions in force: an entry for each direction of a declared link, or between other nodes, that has any. */
  linkConditions(): Promise<ActiveLinkConditions[]>;
  /** Measures links and compares the result with the conditions in force. */
  measureLinks(options?: MeasureLinksOptions): Promise<LinkMeasurement[]>;

  /**
   * Declares other links. `apply` makes the nodes match; if it fails, the declared links stay as they were.
   * @param conditions of these links; all faults on links are healed then. @default those that are in force stay. Not on containers,
   *   where a start does that
   * @throws what `apply` throws; DevnetError `name_taken` while somebody else changes the network
   */
  declareLinks(
    links: readonly Link[],
    apply: (nodes: readonly RunningNode[]) => Promise<void>,
    conditions?: readonly DirectedLinkConditions[],
  ): Promise<void>;

  /** Does what the function `relink` does, in the process that runs the nodes. Absent where that is this process or an engine. */
  relink?(links: readonly Link[], options: RelinkOptions): Promise<void>;

  /** Returns the link agent's own report for a dump: what it was asked for, and the kernel rules it made of it. */
  linkReport(): Promise<object>;
  /** Returns the versions of what runs the nodes, for a dump. Plain JSON. */
  versions(): Promise<Record<string, unknown>>;

  /** Leaves the network up when this process ends. */
  keep(): Promise<void>;
  /** Removes the network and everything that belongs to it. Does nothing the second time. */
  down(): Promise<void>;
  /** Closes the dialer, and leaves the network as it is. */
  close(): void;
}
