import type { PlannedFault } from '../../network/fault.ts';
import type { Link } from '../../topology/index.ts';
import type { PartitionPreset } from './partition-presets.ts';

/** The steps of a scenario in the order of the file: names are resolved, times are milliseconds from the start. */
export interface Scenario {
  steps: ScenarioStep[];
}

export interface ScenarioStep {
  when: StepTiming;
  /** The name that the file gives the step. */
  name?: string;
  action: StepAction;
}

export type StepTiming =
  /** Once. */
  | { at: number }
  /** `times` times, `every` milliseconds apart. */
  | { at: number; every: number; times: number }
  /** Every `every` milliseconds, and no longer at `until` itself. */
  | { at: number; every: number; until: number }
  /** At random times from `at` to `until`. */
  | { at: number; until: number };

/** A fault without `durationMs` lasts until a step heals it or the scenario ends. */
export type StepAction =
  | { do: 'fault'; faults: PlannedFault[]; durationMs?: number }
  | { do: 'preset'; preset: PartitionPreset; nodes: string[]; oneway: boolean; seed?: number; durationMs?: number }
  | { do: 'churn'; rate: EventRate; durationMs: number; nodes: string[]; by: 'kill' | 'stop' | 'pause'; seed: number }
  | { do: 'cuts'; rate: EventRate; durationMs: number; links: Link[]; seed: number }
  /** `names` of steps; absent: every fault. */
  | { do: 'heal'; names?: string[] }
  | { do: 'gossip'; from: string; data?: unknown }
  | { do: 'send'; to: string; type: string; payload?: unknown }
  | { do: 'expect'; expectation: Expectation };

/** `count` events in `per` milliseconds. */
export interface EventRate {
  count: number;
  per: number;
}

/** A condition that must hold within `within` milliseconds. Plain JSON: nodes by name, groups expanded. */
export type Expectation =
  /** A gossip message published at `from` reaches these nodes; with `only`, no others receive it in that time. */
  | { kind: 'gossip'; from: string; data?: unknown; reaches: string[]; only: boolean; within: number }
  /** The actual graph equals the declared one. */
  | { kind: 'no drift'; within: number }
  /** An entry of these nodes (absent: any entry, the controller's too) matches; with `never`, none does in that time. */
  | { kind: 'log'; nodes?: string[]; pattern: string; flags: string; never: boolean; within: number }
  /** The node is connected to exactly these peers, or to this number of peers. */
  | { kind: 'peers'; node: string; peers: string[] | number; within: number }
  /** Every one of these links is up, or every one is down. */
  | { kind: 'links'; links: Link[]; up: boolean; within: number };

/**
 * One action at one time; a schedule is a list of them, sorted by time. Plain JSON.
 *
 * The `until` of an injection is the time of the step that heals it; it is absent where only the end of the scenario does.
 */
export type TimedStep = { at: number } & (
  | { do: 'inject'; name: string; faults: PlannedFault[]; until?: number }
  | { do: 'heal'; names: string[] }
  | { do: 'gossip'; from: string; data?: unknown }
  | { do: 'send'; to: string; type: string; payload?: unknown }
  | { do: 'expect'; name?: string; expectation: Expectation }
);
