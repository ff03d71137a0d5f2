import { escapeXml } from '../../shared/escape-xml.ts';
import type { CaseResult, SpecSection } from '../harness/spec-case.ts';
import type { SuiteResult } from '../runner/run-suite.ts';
import { formatTranscript } from './terminal.ts';

/** The result as JUnit XML, a suite for each section: what CI systems show. */
export function formatJunit(result: SuiteResult, sections: readonly SpecSection[]): string {
  const suites = sections.flatMap(({ number, title }) => {
    const results = result.results.filter((one) => one.number.startsWith(`${number}.`));
    return results.length === 0 ? [] : [suite(`${number} ${title}`, results, result)];
  });
  const all = totals(result.results, result);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${escapeXml(`protocol spec ${result.target}`)}" ${all} time="${seconds(result.duration)}">
${suites.join('\n')}
</testsuites>
`;
}

function suite(name: string, results: readonly CaseResult[], { target, time, strict }: SuiteResult): string {
  const took = results.reduce((sum, { duration }) => sum + duration, 0);
  // A time with a zone is not what the format's schema has in mind.
  const timestamp = time.slice(0, 19);
  const cases = results.map((one) => testcase(one, strict));
  return `  <testsuite name="${escapeXml(name)}" hostname="${escapeXml(target)}" timestamp="${timestamp}" ${totals(results, { strict })} errors="0" time="${seconds(took)}">
${cases.join('\n')}
  </testsuite>`;
}

function testcase(result: CaseResult, strict: boolean): string {
  const { number, title, verdict, rule, expected, got, reason, duration, exchange } = result;
  const [section] = number.split('.');
  const open = `    <testcase classname="spec.${section}" name="${escapeXml(`${number} ${title}`)}" time="${seconds(duration)}"`;
  const told = `rule: ${rule}\nexpected: ${expected}\ngot: ${got}`;
  if (isFailed(result, strict)) {
    const text = escapeXml([told, ...formatTranscript(exchange)].join('\n'));
    const message = escapeXml(`expected ${expected}; got ${got}`);
    return `${open}>\n      <failure type="${verdict}" message="${message}">${text}</failure>\n    </testcase>`;
  }
  if (verdict === 'SKIPPED') return `${open}>\n      <skipped message="${escapeXml(reason ?? '')}"/>\n    </testcase>`;
  if (verdict === 'OK') return `${open}/>`;
  const note = verdict === 'INFO' ? (reason ?? '') : told;
  return `${open}>\n      <system-out>${escapeXml(`${verdict}\n${note}`)}</system-out>\n    </testcase>`;
}

function totals(results: readonly CaseResult[], { strict }: { strict: boolean }): string {
  const failures = results.filter((one) => isFailed(one, strict)).length;
  const skips = results.filter(({ verdict }) => verdict === 'SKIPPED').length;
  return `tests="${results.length}" failures="${failures}" skipped="${skips}"`;
}

/** Whether a case counts as failed: by itself, or where every SHOULD counts. */
export function isFailed({ verdict }: CaseResult, strict: boolean): boolean {
  return verdict === 'FAIL' || (strict && verdict === 'NON-STRICT');
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(3);
}
