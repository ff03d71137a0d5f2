import type { ActiveLinkConditions } from '../fault.ts';

/** An estimate with its 95 % confidence interval. */
export interface MeasuredEstimate {
  value: number;
  low: number;
  high: number;
  /** Number of round trips, datagrams or bytes measured. */
  of: number;
}

/** A link condition as it is in force, beside its measurement. */
export interface MeasuredCondition {
  asked: number;
  measured: MeasuredEstimate;
  /** True when the measurement is further from `asked` than measuring explains. */
  outside: boolean;
}

/** Measurement of one direction of one link. */
export interface LinkMeasurement {
  from: string;
  to: string;
  /** The conditions in force. */
  conditions: ActiveLinkConditions;
  /** Round trip of a ping, milliseconds: the delays of both directions, and the node's own time. */
  roundTrip?: MeasuredCondition;
  /** Part of the packets that are lost, 0–1. */
  loss?: MeasuredCondition;
  /** Bits per second. */
  rate?: MeasuredCondition;
  /** Reason that the link could not be measured, or not all of it. */
  trouble?: string;
}

export interface MeasureLinksOptions {
  /** Pairs of nodes, from and to. @default both directions of every link */
  directions?: readonly (readonly [string, string])[];
  /** Round trips per direction. @default 100 */
  pings?: number;
  /** Datagrams per direction that has a loss. @default 2,000 */
  datagrams?: number;
  /** Limit for the pings of one direction, and about that for its bulk transfer, milliseconds. @default 3,000 */
  milliseconds?: number;
  signal?: AbortSignal;
  progress?: (done: number, of: number) => void;
}
