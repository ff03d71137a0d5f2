export type { Fault } from '../network/fault.ts';
export { describeExpectation, describeStep } from './model/describe.ts';
export type { Expectation, Scenario, ScenarioStep, TimedStep } from './model/scenario.ts';
export {
  type ParseScenarioOptions,
  parseScenario,
  parseScenarioObject,
  readTopologyPath,
  ScenarioError,
} from './parse/parse-scenario.ts';
export type { Clock } from './run/clock.ts';
export type { ScenarioNetwork } from './run/expectation-checks.ts';
export { formatScenarioJunit } from './run/junit-report.ts';
export { toRecordingEvent, withRecordedLog } from './run/record-scenario.ts';
export { type RunScenarioOptions, runScenario } from './run/run-scenario.ts';
export type { ExpectationResult, ScenarioEvent, ScenarioResult } from './run/scenario-events.ts';
export { schedule } from './schedule/schedule.ts';
