import type { SuiteResult } from '../runner/run-suite.ts';

export function formatJson(result: SuiteResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

/**
 * Reads a report that {@link formatJson} wrote.
 *
 * @throws SyntaxError for any other text
 */
export function parseJsonReport(text: string): SuiteResult {
  const value = JSON.parse(text) as Partial<SuiteResult> | null;
  if (typeof value?.target !== 'string' || !Array.isArray(value.results)) {
    throw new SyntaxError('not a report of devnet spec --json');
  }
  return value as SuiteResult;
}
