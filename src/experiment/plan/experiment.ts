import type { TimedStep } from '../../scenario/index.ts';
import type { Topology } from '../../topology/index.ts';
import type { MetricName } from '../metrics/metrics.ts';
import type { ParameterLabel } from '../metrics/samples.ts';

/** A parsed experiment file: a question, and the runs that answer it. */
export interface Experiment {
  /** Letters, digits and hyphens. */
  name: string;
  question: string;
  /** In the order of the file. */
  axes: MatrixAxis[];
  seeds: number[];
  /** Runs of each cell with each seed. */
  repeats: number;
  /** Undefined: only the graphs are analysed, and nothing is started. */
  load: WorkloadOptions | undefined;
  /** Number of link directions whose conditions are measured on each network, before its first run. */
  probe: number;
  /** Metrics in tables and plots. */
  measure: MetricName[];
  /** In the order of execution. */
  runs: Run[];
}

/** A parameter and its values. */
export interface MatrixAxis {
  name: string;
  /** Names of the values. */
  labels: ParameterLabel[];
}

export interface WorkloadOptions {
  /** Measured gossip messages in each run. */
  messages: number;
  /** Messages sent before those: a program is slower the first times it does something. */
  warmup: number;
  /** Bytes of each message. */
  size: number;
  /** Milliseconds between messages; undefined: send the next one when the previous one has spread as far as it can. */
  every: number | undefined;
  /** Milliseconds after which a receipt counts as not delivered. */
  within: number;
}

/** One network, and the messages and faults on it. */
export interface Run {
  /** Unique: `rewire=0.1 seed=2 repeat=1`. */
  key: string;
  /** Cell of the matrix: `rewire=0.1`; `all` where there is only one. */
  cell: string;
  parameters: Record<string, ParameterLabel>;
  seed: number;
  /** From 1. */
  repeat: number;
  topology: Topology;
  /** Absent where there are none. Times count from when the first measured message is due. */
  faults?: TimedFault[];
  /** Sender of each message, those of the warm-up first. */
  origins: string[];
}

/** The injection or the healing of faults; `at` in milliseconds. */
export type TimedFault = Extract<TimedStep, { do: 'inject' | 'heal' }>;
