import type { LinkMeasurement } from '../../network/links/link-measurement.ts';

/** A line of samples.jsonl. The messages of a run precede the line that ends it; a run without that line is incomplete. */
export type Sample = MessageSample | RunSample | FailureSample;

/** Name of a parameter's value; a number where the value is one. */
export type ParameterLabel = string | number | boolean;

/** Propagation of one gossip message. */
export interface MessageSample {
  kind: 'message';
  /** Key of the run. */
  run: string;
  parameters: Record<string, ParameterLabel>;
  /** Gossip id. */
  id: string;
  sender: string;
  /** Time at which it was sent to the sender, by the controller's clock: ISO 8601, UTC. */
  sent: string;
  /** First receipt of each node, earliest first: the sender's own comes first. */
  receipts: MessageReceipt[];
  /** Nodes that did not receive it in time. */
  never: string[];
}

export interface MessageReceipt {
  node: string;
  /** Milliseconds since the sender had it, to the microsecond, by the nodes' clocks. */
  at: number;
  hops: number;
  /** The node that it came from; null for the sender. */
  from: string | null;
}

/** Ends a complete run, with the data that belongs to the run as a whole. */
export interface RunSample {
  kind: 'run';
  run: string;
  cell: string;
  parameters: Record<string, ParameterLabel>;
  seed: number;
  repeat: number;
  graph: GraphSample;
  /** Time at which the first measured message was due; fault times count from it. ISO 8601, UTC; absent where nothing was sent. */
  began?: string;
  /** Faults of the run, earliest first; absent where none were planned. */
  faults?: FaultPeriod[];
  /** Gossip counters by node, over all messages of the run; empty where nothing was sent or some node does not count. */
  traffic: Record<string, GossipCounters>;
  /** Measured link conditions; only in the first run on each network. */
  conditions?: LinkMeasurement[];
  /** Traffic of each link, over all messages of the run; absent where nodes do not count it. */
  links?: LinkTraffic[];
  /** Messages that reached their senders: those that `traffic` and `links` cover. */
  messages: number;
  /** Seconds, including the time to change the links. */
  took: number;
}

/** A fault and when it was in force, in milliseconds since the run `began`, by the controller's clock. */
export interface FaultPeriod {
  /** Name of the step in the run's schedule. */
  name: string;
  /** Description of the fault. */
  what: string;
  from: number;
  /** Null: until the end of the run. */
  to: number | null;
  /** Number of links that it cut; absent where it cut none. */
  across?: number;
}

/** Metrics of a graph; null where some node cannot reach another. */
export interface GraphSample {
  nodes: number;
  links: number;
  /** Mean number of different neighbours. */
  degree: number;
  diameter: number | null;
  path: number | null;
  clustering: number;
  /** Fewest edges whose loss cuts the graph in two. */
  cut: number;
}

/** Gossip counters of a node. */
export interface GossipCounters {
  /** Messages that were new to it. */
  received: number;
  /** Copies of messages that it already had. */
  duplicates: number;
  /** Copies that it passed on. */
  forwarded: number;
  /** Messages that it announced instead of passing them on. */
  announced: number;
  /** Bytes on the links that it dialed, both ways; 0 where it does not count them. */
  bytes: number;
}

/** Traffic of a link, both ways, keepalives included. */
export interface LinkTraffic {
  /** The node that dials. */
  from: string;
  to: string;
  messages: number;
  bytes: number;
}

/** Reports a run that failed; it is tried again when the experiment is resumed. */
export interface FailureSample {
  kind: 'failed';
  run: string;
  why: string;
}

/** A complete run with its messages. */
export interface CompleteRun extends RunSample {
  samples: MessageSample[];
}

export function serializeSample(sample: Sample): string {
  return `${JSON.stringify(sample)}\n`;
}

/** Parses a line; returns undefined for one that was cut off because its writer was killed. */
export function parseSample(line: string): Sample | undefined {
  try {
    return JSON.parse(line) as Sample;
  } catch {
    return undefined;
  }
}

/**
 * Returns the complete runs, in the order in which they ended, and why runs failed that were not completed later. Messages
 * of incomplete runs are dropped.
 */
export function groupCompleteRuns(samples: Iterable<Sample>): { runs: CompleteRun[]; failed: Map<string, string> } {
  const runs = new Map<string, CompleteRun>();
  const failed = new Map<string, string>();
  const open = new Map<string, MessageSample[]>();
  for (const sample of samples) {
    if (sample.kind === 'message') {
      open.set(sample.run, [...(open.get(sample.run) ?? []), sample]);
      continue;
    }
    if (sample.kind === 'failed') failed.set(sample.run, sample.why);
    else {
      runs.set(sample.run, { ...sample, samples: open.get(sample.run) ?? [] });
      failed.delete(sample.run);
    }
    open.delete(sample.run);
  }
  return { runs: [...runs.values()], failed };
}
