import { escapeXml } from '../xml.ts';
import { textOf } from './check.ts';
import type { Outcome, RunResult } from './happening.ts';
import { describeExpectation } from './words.ts';

/** What a report says beside the result. */
export interface Heading {
  /** Of the devnet. */
  name: string;
  /** When the scenario began, ISO 8601. */
  time: string;
}

/** What kept a scenario from its end. */
export interface Broken {
  /** Its code. */
  type: string;
  message: string;
}

/**
 * The result as JUnit XML, a test case for each expectation: what CI systems show.
 * @param broken one more test case, which has this as its error
 */
export function junit(
  { outcomes, took }: Pick<RunResult, 'outcomes' | 'took'>,
  { name, time }: Heading,
  broken?: Broken,
): string {
  const failures = outcomes.filter(({ met }) => !met).length;
  const errors = broken ? 1 : 0;
  const totals = `tests="${outcomes.length + errors}" failures="${failures}" errors="${errors}"`;
  // By their place in the scenario, and not by when each was decided.
  const judged = outcomes.toSorted((one, other) => one.at - other.at).map((outcome) => testcase(outcome, name));
  const cases = broken ? [...judged, errorcase(broken, name, took)] : judged;
  // A time with a zone is not what the format's schema has in mind.
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${escapeXml(`scenario ${name}`)}" ${totals} time="${seconds(took)}">
  <testsuite name="${escapeXml(name)}" timestamp="${time.slice(0, 19)}" ${totals} skipped="0" time="${seconds(took)}">
${cases.join('\n')}
  </testsuite>
</testsuites>
`;
}

function testcase({ name, expectation, met, at, took, seen, lines }: Outcome, devnet: string): string {
  const text = describeExpectation(expectation);
  const title = `at ${seconds(at)} s: ${name === undefined ? text : `${name}: ${text}`}`;
  const open = `    <testcase classname="${escapeXml(devnet)}" name="${escapeXml(title)}" time="${seconds(took)}"`;
  if (met) return `${open}/>`;
  const log = lines.map((line) => `${line.time} ${line.node} ${textOf(line)}`);
  const told = [`expected: ${text}`, `last seen: ${seen}`, ...(log.length > 0 ? ['the log until then:', ...log] : [])];
  return `${open}>
      <failure type="missed" message="${escapeXml(`expected ${text}; last seen: ${seen}`)}">${escapeXml(told.join('\n'))}</failure>
    </testcase>`;
}

/** Readers look for errors in test cases: this one stands for the scenario as a whole. */
function errorcase({ type, message }: Broken, devnet: string, took: number): string {
  const [first] = message.split('\n') as [string];
  return `    <testcase classname="${escapeXml(devnet)}" name="the scenario comes to its end" time="${seconds(took)}">
      <error type="${escapeXml(type)}" message="${escapeXml(first)}">${escapeXml(message)}</error>
    </testcase>`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(3);
}
