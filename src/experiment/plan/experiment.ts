import type { TimedStep } from '../../scenario/index.ts';
import type { Topology } from '../../topology/index.ts';
import type { MetricName } from '../metrics/metrics.ts';

/** What a file asks, checked: a question, the networks to ask it of, and what is done on each of them. */
export interface Experiment {
  /** Also that of the devnet it runs on: letters, digits, hyphens. */
  name: string;
  question: string;
  /** In the order of the file. */
  axes: MatrixAxis[];
  seeds: number[];
  /** Runs of each cell with each seed. */
  repeats: number;
  /** Undefined: the graphs themselves are all that is looked at, and nothing is started. */
  load: WorkloadOptions | undefined;
  /** Ways of links with conditions that are measured on each network, before its first run. */
  probe: number;
  /** What tables and plots show. */
  measure: MetricName[];
  /** In the order in which they are carried out. */
  runs: Run[];
}

/** A parameter and the values that it takes. */
export interface MatrixAxis {
  name: string;
  /** As they are called; where the value is a number, so is this. */
  labels: ParameterLabel[];
}

export type ParameterLabel = string | number | boolean;

export interface WorkloadOptions {
  /** Pieces of gossip in each run, one after the other. */
  messages: number;
  /** Pieces before those that count: a program is slower the first times it does something. */
  warmup: number;
  /** Bytes of each. */
  size: number;
  /** Milliseconds from one to the next; undefined: each when the one before has come as far as it goes. */
  every: number | undefined;
  /** Milliseconds after which a piece that is not there yet counts as never come. */
  within: number;
}

/** One network, and what is told to it. */
export interface Run {
  /** Unique: `rewire=0.1 seed=2 repeat=1`. */
  key: string;
  /** Which cell of the matrix: `rewire=0.1`; `all` where there is one only. */
  cell: string;
  parameters: Record<string, ParameterLabel>;
  seed: number;
  /** From 1. */
  repeat: number;
  topology: Topology;
  /** What is done to the network, and when; absent: nothing. Time runs from when the messages that count begin. */
  faults?: TimedFault[];
  /** Which node each piece of gossip is told to, those of the warm-up first. */
  origins: string[];
}

/** A fault that comes, or some that are taken back; `at` in milliseconds. */
export type TimedFault = Extract<TimedStep, { do: 'inject' | 'heal' }>;
