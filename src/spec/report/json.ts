import type { SuiteResult } from '../suite.ts';

/** The result as it is, for programs. */
export function json(result: SuiteResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** Reads such a report back, to be compared with others. Throws SyntaxError for what is none. */
export function readJson(text: string): SuiteResult {
  const value = JSON.parse(text) as Partial<SuiteResult> | null;
  if (typeof value?.target !== 'string' || !Array.isArray(value.results)) {
    throw new SyntaxError('this is no report of the protocol spec');
  }
  return value as SuiteResult;
}
