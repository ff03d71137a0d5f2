import { formatJunitReport, type JunitTestCase } from '../../shared/junit.ts';
import { type CaseResult, isFailed, type SpecSection } from '../harness/spec-case.ts';
import type { SuiteResult } from '../runner/run-suite.ts';
import { formatShortTranscript } from './shorten.ts';

/** Formats the result as JUnit XML, with a suite for each section. */
export function formatJunit(
  { target, time, duration, strict, results }: SuiteResult,
  sections: readonly SpecSection[],
): string {
  const suites = sections.map(({ number, title }) => {
    const own = results.filter((result) => result.number.startsWith(`${number}.`));
    return {
      name: `${number} ${title}`,
      hostname: target,
      startedAt: time,
      durationMs: own.reduce((sum, result) => sum + result.duration, 0),
      testCases: own.map((result) => toTestCase(result, strict)),
    };
  });
  return formatJunitReport({
    name: `protocol spec ${target}`,
    durationMs: duration,
    suites: suites.filter(({ testCases }) => testCases.length > 0),
  });
}

function toTestCase(result: CaseResult, strict: boolean): JunitTestCase {
  const [section] = result.number.split('.');
  const outcome = outcomeOf(result, strict);
  return {
    classname: `spec.${section}`,
    name: `${result.number} ${result.title}`,
    durationMs: result.duration,
    ...(outcome === undefined ? {} : { outcome }),
  };
}

function outcomeOf(result: CaseResult, strict: boolean): JunitTestCase['outcome'] {
  const { verdict, rule, expected, got, reason = '', exchange } = result;
  const finding = `rule: ${rule}\nexpected: ${expected}\ngot: ${got}`;
  if (isFailed(result, strict)) {
    const text = [finding, ...formatShortTranscript(exchange)].join('\n');
    return { kind: 'failure', type: verdict, message: `expected ${expected}; got ${got}`, text };
  }
  if (verdict === 'OK') return undefined;
  if (verdict === 'SKIPPED') return { kind: 'skipped', message: reason };
  return { kind: 'output', text: `${verdict}\n${verdict === 'INFO' ? reason : finding}` };
}
