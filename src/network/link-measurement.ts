import type { ActiveLinkConditions } from './fault.ts';

/** A figure with its interval: 95 times of 100, the true one is inside. */
export interface MeasuredEstimate {
  value: number;
  low: number;
  high: number;
  /** Round trips, datagrams or bytes that it rests on. */
  of: number;
}

/** What is asked of a figure beside what was measured. */
export interface MeasuredCondition {
  asked: number;
  measured: MeasuredEstimate;
  /** Further from what is asked than it may be. */
  outside: boolean;
}

/** One way of one link. */
export interface LinkMeasurement {
  from: string;
  to: string;
  /** What is asked for. */
  conditions: ActiveLinkConditions;
  /** Round trip of a ping, milliseconds: the delays of both ways, and what the node takes. */
  roundTrip?: MeasuredCondition;
  /** Chance of a packet to be lost, 0–1. */
  loss?: MeasuredCondition;
  /** Bits a second. */
  rate?: MeasuredCondition;
  /** Why something could not be measured. */
  trouble?: string;
}

export interface MeasureLinksOptions {
  /** Only these, from and to; absent: every way of every link. */
  directions?: readonly (readonly [string, string])[];
  /** Round trips a link. */
  pings?: number;
  /** Datagrams a way that has a loss. */
  datagrams?: number;
  /** Most time for the pings of one way, and about that of its bulk transfer, milliseconds. */
  milliseconds?: number;
  signal?: AbortSignal;
  progress?: (done: number, of: number) => void;
}
