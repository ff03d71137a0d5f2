import type { Fault } from '../../network/fault.ts';
import type { Expectation } from './expectation.ts';
import type { PartitionPreset } from './partition-presets.ts';

/** Steps of a scenario in the order of the file: every name looked up, every time in milliseconds from the start. */
export interface Scenario {
  steps: ScenarioStep[];
}

export interface ScenarioStep {
  when: StepTiming;
  /** As the file names it; absent where it does not. */
  name?: string;
  action: StepAction;
}

export type StepTiming =
  /** Once. */
  | { at: number }
  /** From `at` on: so many times, or as long as it is before `until`. */
  | { at: number; every: number; times: number }
  | { at: number; every: number; until: number }
  /** At times that are drawn, from `at` to `until`. */
  | { at: number; until: number };

export type StepAction =
  /** Without `lasts` a fault stays until it is healed by name or the scenario is over. */
  | { do: 'fault'; faults: Fault[]; lasts?: number }
  | { do: 'preset'; preset: PartitionPreset; nodes: string[]; oneway: boolean; seed?: number; lasts?: number }
  | { do: 'churn'; rate: EventRate; lasts: number; nodes: string[]; by: 'kill' | 'stop' | 'pause'; seed: number }
  | { do: 'cuts'; rate: EventRate; lasts: number; links: [string, string][]; seed: number }
  /** Names of steps; absent: every fault there is. */
  | { do: 'heal'; names?: string[] }
  | { do: 'gossip'; from: string; data?: unknown }
  | { do: 'send'; to: string; type: string; payload?: unknown }
  | { do: 'expect'; expectation: Expectation };

/** So many in so many milliseconds. */
export interface EventRate {
  count: number;
  per: number;
}

/** One thing to do, and when: what a {@link Scenario} comes down to. Plain JSON, sorted by time. */
export type TimedStep = { at: number } /** `until`: when a later step heals it; absent where only the end does. */ & (
  | { do: 'inject'; name: string; faults: Fault[]; until?: number }
  | { do: 'heal'; names: string[] }
  | { do: 'gossip'; from: string; data?: unknown }
  | { do: 'send'; to: string; type: string; payload?: unknown }
  | { do: 'expect'; name?: string; expectation: Expectation }
);
