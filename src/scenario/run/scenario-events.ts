import type { Fault } from '../../network/fault.ts';
import type { LogEntry } from '../../network/log-entry.ts';
import type { Expectation } from '../model/scenario.ts';

/** An event of a running scenario. `at` is the milliseconds since its start. */
export type ScenarioEvent = { at: number } & ScenarioEventBody;

export type ScenarioEventBody =
  /** `warnings`: limitations that the faults are in force with, each once. Absent where there are none. */
  | { what: 'injected'; name: string; faults: Fault[]; warnings?: string[] }
  /** `atEnd`: healed because the scenario is over, not by its schedule. */
  | { what: 'healed'; name: string; atEnd: boolean }
  | { what: 'gossiped'; from: string; id: string }
  | { what: 'sent'; to: string; type: string; reply?: string }
  /** The node could not be reached, which in a scenario with faults is no failure. */
  | { what: 'unsent'; to: string; type: string; why: string }
  | { what: 'judged'; outcome: ExpectationResult };

export interface ExpectationResult {
  /** The name that the file gives the step. */
  name?: string;
  expectation: Expectation;
  met: boolean;
  /** Time at which the expectation began, milliseconds since the start. */
  at: number;
  /** Time until it was met or missed, milliseconds. */
  took: number;
  /** The last state that was seen. */
  seen: string;
  /** The last entries of the merged log, if it was missed. */
  lines: LogEntry[];
}

export interface ScenarioResult {
  passed: boolean;
  /** In the order in which they were decided. */
  outcomes: ExpectationResult[];
  /** Milliseconds from the first step to the end. */
  took: number;
}
