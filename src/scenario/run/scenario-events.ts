import type { Fault } from '../../network/fault.ts';
import type { Expectation } from '../model/scenario.ts';
import type { LogEntry } from '../model/scenario-driver.ts';

/** Something that happened, so many milliseconds after the start. */
export type ScenarioEvent = { at: number } & ScenarioEventBody;

/** The same without its time. */
export type ScenarioEventBody =
  | { what: 'injected'; name: string; faults: Fault[] }
  /** Of a fault that was to last to the end, when the scenario is over: `atEnd`. */
  | { what: 'healed'; name: string; atEnd: boolean }
  | { what: 'gossiped'; from: string; id: string }
  | { what: 'sent'; to: string; type: string; reply?: string }
  /** A node was not there to be told: in a scenario with faults that is no failure. */
  | { what: 'unsent'; to: string; type: string; why: string }
  | { what: 'judged'; outcome: ExpectationResult };

/** What became of an expectation. */
export interface ExpectationResult {
  /** As the file names it. */
  name?: string;
  expectation: Expectation;
  met: boolean;
  /** When it began and how long it took to be met or missed, milliseconds. */
  at: number;
  took: number;
  /** What was seen last. */
  seen: string;
  /** The last lines of the merged log when it was missed; none when it was met. */
  lines: LogEntry[];
}

export interface ScenarioResult {
  passed: boolean;
  /** In the order in which they were decided. */
  outcomes: ExpectationResult[];
  /** Milliseconds from the first step to the last. */
  took: number;
}
