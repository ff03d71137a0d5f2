import { pluralize } from '../../shared/text.ts';
import type { CaseResult, SpecSection } from '../harness/spec-case.ts';
import { REPORTED_VERDICTS, type Verdict } from '../harness/verdict.ts';
import type { SuiteResult } from '../runner/run-suite.ts';
import { formatShortTranscript, shorten } from './shorten.ts';

export type TextStyle = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Gives text a style, or returns it as it is where colours are not wanted. */
export type TextStyler = (style: TextStyle, text: string) => string;

const unstyled: TextStyler = (_, text) => text;

const MARKS: Record<Verdict, { mark: string; style: TextStyle }> = {
  OK: { mark: '✔', style: 'green' },
  'NON-STRICT': { mark: '~', style: 'yellow' },
  FAIL: { mark: '✘', style: 'red' },
  INFO: { mark: 'i', style: 'cyan' },
  SKIPPED: { mark: '-', style: 'dim' },
};
const INDENT = ' '.repeat(10);

/**
 * Creates a report that grows as cases end. Cases may end in any order; each is written once all before it are.
 *
 * @param chosen the cases that will run, in the order of the report
 * @returns a function to call with each result
 */
export function createLiveReport(
  sections: readonly SpecSection[],
  chosen: readonly { readonly number: string }[],
  write: (text: string) => void,
  paint: TextStyler = unstyled,
): (result: CaseResult) => void {
  const waiting = new Map<string, CaseResult>();
  let next = 0;
  let section: string | undefined;
  return (result) => {
    waiting.set(result.number, result);
    for (let ready = waiting.get(chosen[next]?.number ?? ''); ready; ready = waiting.get(chosen[next]?.number ?? '')) {
      next++;
      const number = ready.number.split('.')[0];
      if (number !== section) {
        section = number;
        const title = sections.find((one) => String(one.number) === number)?.title ?? '';
        write(`\n${paint('bold', `${number} ${title}`)}\n`);
      }
      write(formatCaseResult(ready, paint));
    }
  };
}

/** Formats one case: a line, and unless it is OK also its rule, its finding and its transcript. */
export function formatCaseResult(result: CaseResult, paint: TextStyler = unstyled): string {
  const { verdict, number, title, rule, expected, got, reason, exchange, duration } = result;
  const { mark, style } = MARKS[verdict];
  const took = duration >= 1_000 ? paint('dim', `  ${(duration / 1_000).toFixed(1)} s`) : '';
  const word = verdict === 'FAIL' || verdict === 'NON-STRICT' ? `  ${paint(style, verdict)}` : '';
  const lines = [`  ${paint(style, mark)} ${number.padEnd(5)} ${title}${word}${took}`];
  if (verdict === 'SKIPPED' || verdict === 'INFO') lines.push(`${INDENT}${paint('dim', shorten(reason ?? ''))}`);
  if (expected !== undefined) {
    lines.push(`${INDENT}${paint('dim', 'rule    ')} ${rule}`);
    lines.push(`${INDENT}${paint('dim', 'expected')} ${shorten(expected)}`);
    lines.push(`${INDENT}${paint('dim', 'got     ')} ${paint(style, shorten(got ?? ''))}`);
  }
  if (verdict === 'FAIL') lines.push(...formatShortTranscript(exchange).map((line) => INDENT + paint('dim', line)));
  return `${lines.join('\n')}\n`;
}

/** Formats the last lines of a report: whether the target conforms, and how many cases had which verdict. */
export function formatSummary(result: SuiteResult, paint: TextStyler = unstyled): string {
  const { counts, passed, target, duration, results, strict } = result;
  const parts = REPORTED_VERDICTS.filter((verdict) => counts[verdict] > 0).map((verdict) =>
    paint(MARKS[verdict].style, `${counts[verdict]} ${verdict}`),
  );
  const lacks = [...new Set(results.flatMap((one) => one.lacks ?? []))];
  const conclusion = passed
    ? paint('green', `✔ ${target} conforms`)
    : paint('red', `✘ ${target} does not conform${counts.FAIL === 0 && strict ? ' strictly' : ''}`);
  const lines = [
    '',
    `${conclusion}: ${pluralize(results.length, 'case')} in ${(duration / 1_000).toFixed(1)} s`,
    `  ${parts.join(', ')}`,
  ];
  if (result.servesFewAtATime) lines.push('  it serves few connections at a time, so the cases ran one by one');
  if (lacks.length > 0) lines.push(`  lacks: ${lacks.join(', ')}`);
  return `${lines.join('\n')}\n`;
}
