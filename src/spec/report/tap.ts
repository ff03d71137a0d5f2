import { type CaseResult, isFailed } from '../harness/spec-case.ts';
import type { SuiteResult } from '../runner/run-suite.ts';
import { formatShortTranscript } from './shorten.ts';

/** Formats the result as TAP 14: a test point for each case, with a YAML block unless the case is OK or skipped. */
export function formatTap({ results, strict }: SuiteResult): string {
  const points = results.map((result, index) => formatTestPoint(result, index + 1, strict));
  return ['TAP version 14', `1..${results.length}`, ...points, ''].join('\n');
}

function formatTestPoint(result: CaseResult, index: number, strict: boolean): string {
  const { number, title, verdict, reason, rule, expected, got, duration, exchange } = result;
  const failed = isFailed(result, strict);
  const skip = verdict === 'SKIPPED' ? ` # SKIP ${escapeTap(reason ?? '')}` : '';
  const line = `${failed ? 'not ok' : 'ok'} ${index} - ${escapeTap(`${number} ${title}`)}${skip}`;
  if (verdict === 'OK' || verdict === 'SKIPPED') return line;
  const fields = {
    severity: failed ? 'fail' : 'comment',
    verdict,
    rule,
    ...(expected === undefined ? {} : { expected, got }),
    ...(reason === undefined ? {} : { reason }),
    duration_ms: duration,
    ...(failed ? { exchange: formatShortTranscript(exchange) } : {}),
  };
  // JSON is valid YAML, and needs no rules about quotes.
  const block = Object.entries(fields).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
  return [line, '  ---', ...block, '  ...'].join('\n');
}

/** Escapes `#`, which begins a directive, and the backslash. */
function escapeTap(text: string): string {
  return text.replace(/[\\#]/g, '\\$&').replaceAll('\n', ' ');
}
