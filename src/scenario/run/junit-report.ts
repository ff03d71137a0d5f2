import { formatLogText } from '../../network/log-entry.ts';
import { formatJunitReport, type JunitTestCase } from '../../shared/junit.ts';
import { describeExpectation } from '../model/describe.ts';
import type { ExpectationResult, ScenarioResult } from './scenario-events.ts';

export interface ScenarioReportHeading {
  /** Name of the network. */
  name: string;
  /** Start of the scenario, ISO 8601. */
  time: string;
}

/** The error that ended a scenario early. */
export interface ScenarioFailure {
  /** Its code. */
  type: string;
  message: string;
}

/** Formats a result as JUnit XML: a test case for each expectation, and one with the error if the scenario failed. */
export function formatScenarioJunit(
  { outcomes, took }: Pick<ScenarioResult, 'outcomes' | 'took'>,
  { name, time }: ScenarioReportHeading,
  failure?: ScenarioFailure,
): string {
  // In the order of their starts, not in that of their decisions.
  const testCases = outcomes.toSorted((one, other) => one.at - other.at).map((result) => createTestCase(result, name));
  if (failure) testCases.push(createErrorCase(failure, name, took));
  const suite = { name, startedAt: time, durationMs: took, testCases };
  return formatJunitReport({ name: `scenario ${name}`, durationMs: took, suites: [suite] });
}

function createTestCase(
  { name, expectation, met, at, took, seen, lines }: ExpectationResult,
  network: string,
): JunitTestCase {
  const description = describeExpectation(expectation);
  const testCase: JunitTestCase = {
    classname: network,
    name: `at ${(at / 1_000).toFixed(3)} s: ${name === undefined ? '' : `${name}: `}${description}`,
    durationMs: took,
  };
  if (met) return testCase;
  const log = lines.map((entry) => `${entry.time} ${entry.node} ${formatLogText(entry)}`);
  const text = [
    `expected: ${description}`,
    `last seen: ${seen}`,
    ...(log.length > 0 ? ['the log until then:', ...log] : []),
  ].join('\n');
  const message = `expected ${description}; last seen: ${seen}`;
  return { ...testCase, outcome: { kind: 'failure', type: 'missed', message, text } };
}

/** A test case for the scenario as a whole, because readers look for errors in test cases. */
function createErrorCase({ type, message }: ScenarioFailure, network: string, took: number): JunitTestCase {
  const [firstLine] = message.split('\n') as [string];
  return {
    classname: network,
    name: 'the scenario comes to its end',
    durationMs: took,
    outcome: { kind: 'error', type, message: firstLine, text: message },
  };
}
