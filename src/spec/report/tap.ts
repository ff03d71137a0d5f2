import type { CaseResult } from '../harness/spec-case.ts';
import type { SuiteResult } from '../runner/run-suite.ts';
import { formatTranscript } from './terminal.ts';

/** The result as TAP 14, a test point for each case, with a YAML block for what is not in order. */
export function formatTap(result: SuiteResult): string {
  const points = result.results.map((one, index) => point(one, index + 1, result.strict));
  return ['TAP version 14', `1..${result.results.length}`, ...points, ''].join('\n');
}

function point(result: CaseResult, index: number, strict: boolean): string {
  const { number, title, verdict, reason, rule, expected, got, duration, exchange } = result;
  const failed = verdict === 'FAIL' || (strict && verdict === 'NON-STRICT');
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
    ...(failed ? { exchange: formatTranscript(exchange) } : {}),
  };
  // JSON is YAML, and needs no rules about quotes.
  const block = Object.entries(fields).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
  return [line, '  ---', ...block, '  ...'].join('\n');
}

/** A number sign begins a directive, and a backslash escapes. */
function escapeTap(text: string): string {
  return text.replace(/[\\#]/g, '\\$&').replaceAll('\n', ' ');
}
