import { formatLogText } from '../../network/log-entry.ts';
import { escapeXml } from '../../shared/escape-xml.ts';
import { describeExpectation } from '../model/describe.ts';
import type { ExpectationResult, ScenarioResult } from './scenario-events.ts';

/** What a report says beside the result. */
export interface JunitHeading {
  /** Of the devnet. */
  name: string;
  /** When the scenario began, ISO 8601. */
  time: string;
}

/** What kept a scenario from its end. */
export interface ScenarioFailure {
  /** Its code. */
  type: string;
  message: string;
}

/**
 * The result as JUnit XML, a test case for each expectation: what CI systems show.
 * @param broken one more test case, which has this as its error
 */
export function formatScenarioJunit(
  { outcomes, took }: Pick<ScenarioResult, 'outcomes' | 'took'>,
  { name, time }: JunitHeading,
  broken?: ScenarioFailure,
): string {
  const failures = outcomes.filter(({ met }) => !met).length;
  const errors = broken ? 1 : 0;
  const totals = `tests="${outcomes.length + errors}" failures="${failures}" errors="${errors}"`;
  // By their place in the scenario, and not by when each was decided.
  const judged = outcomes.toSorted((one, other) => one.at - other.at).map((outcome) => formatTestCase(outcome, name));
  const cases = broken ? [...judged, formatErrorCase(broken, name, took)] : judged;
  // A time with a zone is not what the format's schema has in mind.
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${escapeXml(`scenario ${name}`)}" ${totals} time="${formatSeconds(took)}">
  <testsuite name="${escapeXml(name)}" timestamp="${time.slice(0, 19)}" ${totals} skipped="0" time="${formatSeconds(took)}">
${cases.join('\n')}
  </testsuite>
</testsuites>
`;
}

function formatTestCase({ name, expectation, met, at, took, seen, lines }: ExpectationResult, devnet: string): string {
  const text = describeExpectation(expectation);
  const title = `at ${formatSeconds(at)} s: ${name === undefined ? text : `${name}: ${text}`}`;
  const open = `    <testcase classname="${escapeXml(devnet)}" name="${escapeXml(title)}" time="${formatSeconds(took)}"`;
  if (met) return `${open}/>`;
  const log = lines.map((line) => `${line.time} ${line.node} ${formatLogText(line)}`);
  const told = [`expected: ${text}`, `last seen: ${seen}`, ...(log.length > 0 ? ['the log until then:', ...log] : [])];
  return `${open}>
      <failure type="missed" message="${escapeXml(`expected ${text}; last seen: ${seen}`)}">${escapeXml(told.join('\n'))}</failure>
    </testcase>`;
}

/** Readers look for errors in test cases: this one stands for the scenario as a whole. */
function formatErrorCase({ type, message }: ScenarioFailure, devnet: string, took: number): string {
  const [first] = message.split('\n') as [string];
  return `    <testcase classname="${escapeXml(devnet)}" name="the scenario comes to its end" time="${formatSeconds(took)}">
      <error type="${escapeXml(type)}" message="${escapeXml(first)}">${escapeXml(message)}</error>
    </testcase>`;
}

function formatSeconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(3);
}
