import { escapeXml } from './escape-xml.ts';

/** Report in the JUnit XML format that CI systems display. */
export interface JunitReport {
  name: string;
  durationMs: number;
  suites: readonly JunitSuite[];
}

export interface JunitSuite {
  name: string;
  hostname?: string;
  /** Start of the suite, ISO 8601. */
  startedAt: string;
  durationMs: number;
  testCases: readonly JunitTestCase[];
}

export interface JunitTestCase {
  classname: string;
  name: string;
  durationMs: number;
  /** Absent for a test case that passed and has nothing to say. `output` belongs to a test case that passed. */
  outcome?:
    | { kind: 'failure' | 'error'; type: string; message: string; text: string }
    | { kind: 'skipped'; message: string }
    | { kind: 'output'; text: string };
}

/**
 * Formats a JUnit XML report. Written here because the package junit-xml has no place for the text of a failure, nor for
 * the reason of a skip.
 */
export function formatJunitReport({ name, durationMs, suites }: JunitReport): string {
  const totals = countOutcomes(suites.flatMap(({ testCases }) => testCases));
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites${formatAttributes({ name, ...totals, time: formatSeconds(durationMs) })}>
${suites.map(formatSuite).join('\n')}
</testsuites>
`;
}

function formatSuite({ name, hostname, startedAt, durationMs, testCases }: JunitSuite): string {
  // The schema of the format has no time zone in a timestamp.
  const timestamp = startedAt.slice(0, 19);
  const attributes = { name, hostname, timestamp, ...countOutcomes(testCases), time: formatSeconds(durationMs) };
  return `  <testsuite${formatAttributes(attributes)}>
${testCases.map(formatTestCase).join('\n')}
  </testsuite>`;
}

function formatTestCase({ classname, name, durationMs, outcome }: JunitTestCase): string {
  const open = `    <testcase${formatAttributes({ classname, name, time: formatSeconds(durationMs) })}`;
  return outcome === undefined ? `${open}/>` : `${open}>\n      ${formatOutcome(outcome)}\n    </testcase>`;
}

function formatOutcome(outcome: NonNullable<JunitTestCase['outcome']>): string {
  switch (outcome.kind) {
    case 'skipped':
      return `<skipped${formatAttributes({ message: outcome.message })}/>`;
    case 'output':
      return `<system-out>${escapeXml(outcome.text)}</system-out>`;
    default: {
      const { kind, type, message, text } = outcome;
      return `<${kind}${formatAttributes({ type, message })}>${escapeXml(text)}</${kind}>`;
    }
  }
}

function countOutcomes(testCases: readonly JunitTestCase[]) {
  const count = (kind: string) => testCases.filter(({ outcome }) => outcome?.kind === kind).length;
  return { tests: testCases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped') };
}

function formatAttributes(attributes: Record<string, string | number | undefined>): string {
  return Object.entries(attributes)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escapeXml(String(value))}"`))
    .join('');
}

function formatSeconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(3);
}
