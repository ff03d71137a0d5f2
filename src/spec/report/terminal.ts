import type { CaseResult, SpecSection } from '../harness/spec-case.ts';
import type { Verdict } from '../harness/verdict.ts';
import type { SuiteResult } from '../runner/run-suite.ts';
import type { TranscriptEntry } from '../transport/transcript.ts';

/** Styles a report uses; `paint` gives text one of them, or leaves it as it is where colours are not wanted. */
export type TextStyle = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
export type TextStyler = (style: TextStyle, text: string) => string;

export const unstyled: TextStyler = (_, text) => text;

const MARKS: Record<Verdict, { mark: string; style: TextStyle }> = {
  OK: { mark: '✔', style: 'green' },
  'NON-STRICT': { mark: '~', style: 'yellow' },
  FAIL: { mark: '✘', style: 'red' },
  INFO: { mark: 'i', style: 'cyan' },
  SKIPPED: { mark: '-', style: 'dim' },
};

/** Exchanges longer than this are shown at both their ends: the beginning tells what was tried, the end what became. */
const MAX_TRANSCRIPT_LINES = 14;
const INDENT = ' '.repeat(10);

/** The whole report. */
export function formatTerminal(
  result: SuiteResult,
  sections: readonly SpecSection[],
  paint: TextStyler = unstyled,
): string {
  let text = '';
  const live = createLiveReport(
    sections,
    result.results,
    (more) => {
      text += more;
    },
    paint,
  );
  for (const one of result.results) live(one);
  return text + formatSummary(result, paint);
}

/**
 * A report that grows as cases end. They may end in any order, and are written in the order of their numbers, each as
 * soon as all before it are there. `chosen`: the cases there will be.
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

/** One case: a line, and for what is not in order the rule, the finding and the bytes. */
export function formatCaseResult(result: CaseResult, paint: TextStyler = unstyled): string {
  const { verdict, number, title, rule, expected, got, reason, lacks, exchange, duration } = result;
  const { mark, style } = MARKS[verdict];
  const took = duration >= 1_000 ? paint('dim', `  ${(duration / 1_000).toFixed(1)} s`) : '';
  const word = verdict === 'FAIL' || verdict === 'NON-STRICT' ? `  ${paint(style, verdict)}` : '';
  const lines = [`  ${paint(style, mark)} ${number.padEnd(5)} ${title}${word}${took}`];
  if (verdict === 'SKIPPED' || verdict === 'INFO') lines.push(`${INDENT}${paint('dim', reason ?? '')}`);
  if (expected !== undefined) {
    lines.push(`${INDENT}${paint('dim', 'rule    ')} ${rule}`);
    lines.push(`${INDENT}${paint('dim', 'expected')} ${expected}`);
    lines.push(`${INDENT}${paint('dim', 'got     ')} ${paint(style, got ?? '')}`);
  }
  if (verdict === 'FAIL' && lacks === undefined)
    lines.push(...formatTranscript(exchange).map((line) => INDENT + paint('dim', line)));
  return `${lines.join('\n')}\n`;
}

const ARROWS: Record<TranscriptEntry['kind'], string> = { sent: '->', received: '<-', event: '--' };

/** What went over the wire, a line each: time, connection, direction, bytes. */
export function formatTranscript(exchange: readonly TranscriptEntry[], most = MAX_TRANSCRIPT_LINES): string[] {
  const lines = exchange.map(
    ({ at, on, kind, text }) => `${at.toFixed(1).padStart(8)} ms  ${on.padEnd(8)} ${ARROWS[kind]} ${text}`,
  );
  if (lines.length <= most) return lines;
  const half = Math.floor(most / 2);
  return [...lines.slice(0, half), `            (${lines.length - 2 * half} more)`, ...lines.slice(-half)];
}

/** What it all comes to. */
export function formatSummary(result: SuiteResult, paint: TextStyler = unstyled): string {
  const { counts, passed, target, duration, results, strict } = result;
  const parts = (['OK', 'NON-STRICT', 'FAIL', 'INFO', 'SKIPPED'] as const)
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => paint(MARKS[verdict].style, `${counts[verdict]} ${verdict}`));
  const lacks = [...new Set(results.flatMap((one) => one.lacks ?? []))];
  const verdict = passed
    ? paint('green', `✔ ${target} conforms`)
    : paint('red', `✘ ${target} does not conform${counts.FAIL === 0 && strict ? ' strictly' : ''}`);
  const lines = [
    '',
    `${verdict}: ${results.length} ${results.length === 1 ? 'case' : 'cases'} in ${(duration / 1_000).toFixed(1)} s`,
    `  ${parts.join(', ')}`,
  ];
  if (lacks.length > 0) lines.push(`  lacks: ${lacks.join(', ')}`);
  return `${lines.join('\n')}\n`;
}
