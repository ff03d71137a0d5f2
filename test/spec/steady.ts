import { runSuite, type SuiteOptions, type SuiteResult, type Target } from '../../src/spec/suite.ts';

/**
 * Tries a node, and what did not pass once more: a machine that stands still for a second or two can fail any case, but
 * hardly the same one twice, and a fault of the node fails it each time.
 */
export async function runSteadily(target: Target, options: SuiteOptions = {}): Promise<SuiteResult> {
  const first = await runSuite(target, options);
  const selectors = first.results.filter(({ verdict }) => verdict !== 'OK').map(({ number }) => number);
  if (selectors.length === 0) return first;
  const second = await runSuite(target, { ...options, selectors });
  const again = new Map(second.results.map((result) => [result.number, result]));
  const results = first.results.map((result) => again.get(result.number) ?? result);
  return { ...first, results, passed: second.passed };
}
