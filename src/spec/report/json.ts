import type { SuiteResult } from '../runner/run-suite.ts';

/** The result as it is, for programs. */
export function formatJson(result: SuiteResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** Reads such a report back, to be compared with others. Throws SyntaxError for what is none. */
export function parseJsonReport(text: string): SuiteResult {
  const value = JSON.parse(text) as Partial<SuiteResult> | null;
  if (typeof value?.target !== 'string' || !Array.isArray(value.results)) {
    throw new SyntaxError('this is no report of the protocol spec');
  }
  return value as SuiteResult;
}
