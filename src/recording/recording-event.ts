import type { ActiveLinkConditions, Fault } from '../network/fault.ts';
import type { Level } from '../network/log-entry.ts';
import type { LinkStatus, NodeStatus } from '../network/network-status.ts';
import type { Topology } from '../topology/model/topology.ts';

// The format of a recording (docs/recording.md). This file and apply-event.ts are also part of the page, which runs in a browser:
// they import types only.

/** Version of the format. Raised by a change that an older reader would misunderstand; readers skip event types they do not know. */
export const RECORDING_VERSION = 1;

/**
 * An event of a recording: a line of JSON. Plain JSON, nodes by name.
 *
 * Every event has a `time`: ISO 8601, UTC, with microseconds, by the nodes' clock, as in the merged log. It is never earlier than
 * the time of the line before, so that a moment can be found by halving.
 */
export type RecordingEvent =
  | RecordingStarted
  | TopologyApplied
  | NodesChanged
  | LinksChanged
  | ConditionsChanged
  | FaultStarted
  | FaultHealed
  | LogWritten
  | SamplesTaken
  | ScenarioStarted
  | StepDone
  | VerdictReached
  | ScenarioEnded
  | RecordingGap
  | SnapshotTaken
  | RecordingEnded;

export type RecordingEventType = RecordingEvent['type'];

/** First line of every segment. */
export interface RecordingStarted {
  type: 'recording';
  time: string;
  version: number;
  /** Version of devnet that wrote it. */
  devnet: string;
  /** Name of the network. */
  network: string;
  /** Id of the network's run: two networks that had one name, one after the other, differ in it. */
  run: string;
  runtime: string;
  /** Names of the machines that run the nodes. */
  hosts: string[];
  /** Time of the first event of the recording; that of this event is the segment's. */
  started: string;
  /** Number of the segment, from 1. */
  segment: number;
  /** Segments that were removed because the recording was full; absent while all are there. */
  dropped?: DroppedSegments;
}

export interface DroppedSegments {
  segments: number;
  /** Nothing is left from before this time. */
  until: string;
}

/** The declared network, at the start and when other links are declared. Values of environment variables are hidden. */
export interface TopologyApplied {
  type: 'topology';
  time: string;
  topology: Topology;
}

/** Nodes whose state changed, each as it is now. */
export interface NodesChanged {
  type: 'nodes';
  time: string;
  nodes: RecordedNode[];
}

/** State of a node, as `devnet status` has it. */
export type RecordedNode = Pick<NodeStatus, 'name' | 'state' | 'address' | 'misplacement' | 'exitCode' | 'lacks'>;

/** Links whose state changed, each as it is now. */
export interface LinksChanged {
  type: 'links';
  time: string;
  links: RecordedLink[];
  /** Links that are gone: they were not declared, and are not there any more. @default none */
  removed?: { from: string; to: string }[];
}

/** State of a link, as `devnet status` has it; `rtt` is the last that was measured, milliseconds. */
export type RecordedLink = Pick<LinkStatus, 'from' | 'to' | 'state' | 'cut' | 'rtt'>;

/**
 * Directions of links whose conditions changed, each with all conditions in force now; one that has none left has only `from` and
 * `to`. A `cut` names the fault that cuts the direction.
 */
export interface ConditionsChanged {
  type: 'conditions';
  time: string;
  conditions: ActiveLinkConditions[];
}

/** A fault that is in force from now on, whoever injected it; restarts are over at once. */
export interface FaultStarted extends RecordedFault {
  type: 'fault';
  time: string;
}

export interface RecordedFault {
  /** Unique among the faults in force. */
  name: string;
  /** `cut n1, n2 / n3, n4`, `kill n3`. */
  description: string;
  /** The faults as injected; absent where another process did. */
  faults?: Fault[];
  /** Since when it is in force, where that is before its `fault` event. @default the time of that event */
  since?: string;
  /** Time of automatic healing. @default none */
  until?: string;
  /** User and machine that injected it, as `ada@laptop`. @default unknown */
  by?: string;
}

/** A fault that is not in force any more. */
export interface FaultHealed {
  type: 'heal';
  time: string;
  name: string;
}

/** Entries of the merged log, in its order. */
export interface LogWritten {
  type: 'log';
  time: string;
  entries: RecordedLogEntry[];
}

/** As a line of `devnet logs --json`: the entry's own fields are beside these. `.devnet` in `node` is the controller. */
export interface RecordedLogEntry {
  /** Time at which the node wrote it, by its own clock. */
  time: string;
  node: string;
  level: Level;
  event: string;
  [field: string]: unknown;
}

/**
 * Measured values: by metric, then by subject. A subject is a node's name, `a -> b` for a link, or empty for the whole network.
 * What is not listed has its last value still.
 */
export interface SamplesTaken {
  type: 'samples';
  time: string;
  samples: Samples;
}

/** Names of metrics are those of `devnet metrics`, and carry their unit: `memory_bytes`, `processor_seconds_total`. */
export type Samples = Record<string, Record<string, number>>;

/** A scenario begins. Its faults are `fault` and `heal` events. */
export interface ScenarioStarted {
  type: 'scenario_started';
  time: string;
  /** The file. @default unknown */
  title?: string;
  /** Milliseconds that its schedule takes. @default unknown */
  durationMs?: number;
}

/** Something that a scenario, or a test, did to the network besides injecting and healing faults. */
export interface StepDone {
  type: 'step';
  time: string;
  /** `gossip from n1`, `chat to n2`. */
  description: string;
  /** Nodes that it was done to. @default none */
  nodes?: string[];
  /** Id of the gossip message that it sent, as in the fields of `gossip_received`. @default none */
  gossip?: string;
  /** Why it could not be done. @default it was */
  failure?: string;
}

/** An expectation was met or missed. */
export interface VerdictReached extends Verdict {
  type: 'verdict';
  time: string;
}

export interface Verdict {
  /** The name that the scenario gives the expectation. @default none */
  name?: string;
  /** The expectation as a sentence: `gossip from n1 reaches n2, n3 within 2s`. */
  description: string;
  met: boolean;
  /** Time at which the expectation began. */
  since: string;
  /** The last state that was seen. */
  seen: string;
}

export interface ScenarioEnded {
  type: 'scenario_ended';
  time: string;
  passed: boolean;
  /** Why it could not be run to its end. @default it was */
  failure?: string;
}

/** Nothing was recorded from `since` to `time`. A snapshot follows. */
export interface RecordingGap {
  type: 'gap';
  time: string;
  since: string;
  /** `disk full`, `the recorder was behind`. */
  reason: string;
}

/** All that is needed to show the moment, without the events before it. */
export interface SnapshotTaken {
  type: 'snapshot';
  time: string;
  snapshot: Snapshot;
}

/** Last line of a recording that was closed; one without it was cut off, or is still written. */
export interface RecordingEnded {
  type: 'end';
  time: string;
  /** `removed`: the network was taken down; `stopped`: it may run on. */
  reason: 'removed' | 'stopped';
}

/** State of a network at a moment. Plain JSON. */
export interface Snapshot {
  /** Time of the last event that it has. Empty: none. */
  time: string;
  /** Absent before the first `recording` event. */
  recording?: Omit<RecordingStarted, 'type' | 'time' | 'segment' | 'dropped'>;
  /** Absent before the first `topology` event. */
  topology?: Topology;
  /** In the order in which they were first seen: the topology's. */
  nodes: NodeSnapshot[];
  /** In the order in which they were first seen: the topology's. */
  links: RecordedLink[];
  /** Directions that have any. */
  conditions: ActiveLinkConditions[];
  /** In the order in which they were injected. */
  faults: FaultSnapshot[];
  /** Last value of each. */
  samples: Samples;
  /** Numbers since the start of the recording. */
  counts: LogCounts;
  /** The scenario that runs, or the last one. */
  scenario?: ScenarioSnapshot;
  /** Why the recording is over. @default it is not */
  ended?: RecordingEnded['reason'];
}

export interface NodeSnapshot extends RecordedNode {
  /** Since when it has its state, as far as the recording tells. */
  since: string;
}

export interface FaultSnapshot extends RecordedFault {
  since: string;
}

export interface LogCounts {
  /** Log entries. */
  entries: number;
  /** Those of level `warn`. */
  warnings: number;
  /** Those of level `error`. */
  errors: number;
  /** Those that say that a node received a gossip message for the first time: `gossip_received`. */
  receipts: number;
}

export interface ScenarioSnapshot {
  title?: string;
  durationMs?: number;
  started: string;
  verdicts: (Verdict & { time: string })[];
  /** Absent while it runs. */
  passed?: boolean;
  failure?: string;
}
