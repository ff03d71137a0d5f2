import type { LinkMeasurement } from '../../network/link-measurement.ts';
import type { ParameterLabel } from '../plan/experiment.ts';

/** A line of samples.jsonl. A run's messages stand before the line that ends it; without that one it is not complete. */
export type Sample = MessageSample | RunSample | FailureSample;

/** How far one piece of gossip came. */
export interface MessageSample {
  kind: 'message';
  /** The run's key. */
  run: string;
  parameters: Record<string, ParameterLabel>;
  /** Of the gossip. */
  id: string;
  sender: string;
  /** When it was told to the sender, by the controller's clock: ISO 8601, UTC. */
  sent: string;
  /** Earliest first, so the sender's own is the first; each node once. */
  receipts: MessageReceipt[];
  /** Nodes that did not get it in time. */
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

/** That a run is complete, and what belongs to it as a whole. */
export interface RunSample {
  kind: 'run';
  run: string;
  cell: string;
  parameters: Record<string, ParameterLabel>;
  seed: number;
  repeat: number;
  graph: GraphSample;
  /** When the first message that counts was due, and the faults' time began: ISO 8601, UTC; absent where nothing was sent. */
  began?: string;
  /** What was done to the network, earliest first; absent where nothing was to be. */
  faults?: FaultPeriod[];
  /** By node, of all messages of the run together; empty where nothing was sent or some node does not count. */
  traffic: Record<string, GossipCounters>;
  /** What some of the links were measured to do, in the first run on the network; absent elsewhere. */
  conditions?: LinkMeasurement[];
  /** What went over each link, of all messages of the run together; absent where nobody counted it. */
  links?: LinkTraffic[];
  /** Messages that the traffic is of: those of the run that came to their senders. */
  messages: number;
  /** Seconds, with the time to change the links. */
  took: number;
}

/** A fault and when it was in force, in milliseconds since the run `began`, by the controller's clock. */
export interface FaultPeriod {
  /** As the run's schedule has it. */
  name: string;
  /** In words. */
  what: string;
  from: number;
  /** Null: to the end of the run. */
  to: number | null;
  /** Links that it cut, of a fault that cuts some. */
  across?: number;
}

/** Figures of the graph; null where some node cannot reach another. */
export interface GraphSample {
  nodes: number;
  links: number;
  /** Mean number of different neighbours. */
  degree: number;
  diameter: number | null;
  path: number | null;
  clustering: number;
  /** Fewest edges whose loss cuts it in two. */
  cut: number;
}

/** What a node counted of gossip. */
export interface GossipCounters {
  /** Pieces that were new to it. */
  received: number;
  /** Copies of what it had. */
  duplicates: number;
  /** Copies it passed on. */
  forwarded: number;
  /** Times that it said what it has, without passing it on. */
  announced: number;
  /** Bytes on the links that it dialed, both ways; 0 where it does not count them. */
  bytes: number;
}

/** What went over a link, both ways, with what keeps it alive. */
export interface LinkTraffic {
  /** The node that dials. */
  from: string;
  to: string;
  messages: number;
  bytes: number;
}

/** That a run did not come to its end; it is tried again when the experiment goes on. */
export interface FailureSample {
  kind: 'failed';
  run: string;
  why: string;
}

export function serializeSample(sample: Sample): string {
  return `${JSON.stringify(sample)}\n`;
}

/** A line as a sample; undefined for one that was cut off when it was written. */
export function parseSample(line: string): Sample | undefined {
  try {
    return JSON.parse(line) as Sample;
  } catch {
    return undefined; // The last line of somebody who was killed.
  }
}

/** A complete run with its messages. */
export interface CompleteRun extends RunSample {
  samples: MessageSample[];
}

/**
 * The complete runs among samples, in the order of their ends, and why those failed that have not been completed since.
 * Messages of a run that was not completed do not count.
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
