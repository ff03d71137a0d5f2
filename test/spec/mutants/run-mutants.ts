import { runSuite, SECTIONS, type SuiteOptions } from '../../../src/spec/runner/run-suite.ts';
import type { Mutant } from './mutant.ts';

/** Cases that take long or load the machine, which run only for the mutants that they must catch. */
const COSTLY_CASES = new Set(
  SECTIONS.flatMap(({ cases }) => cases.filter(({ longRunning }) => longRunning).map(({ number }) => number)),
);
COSTLY_CASES.add('5.7');

/** Limits of the reference node, short so that tests need not wait. */
export const LIMITS: SuiteOptions = { messageTimeout: 1_000, deadAfter: 1_000, timeout: 900 };

export interface MutantResult {
  readonly mutant: Mutant;
  /** Numbers of the cases that did not pass. */
  readonly caughtBy: readonly string[];
}

/** Returns the cases to run on a mutant: sections 1 to 5 for one of these, else section 6. */
function casesFor({ caught, crashes }: Mutant): string[] {
  if (crashes) return [caught];
  const sections = caught.startsWith('6.') ? SECTIONS.slice(5) : SECTIONS.slice(0, 5);
  const numbers = sections.flatMap(({ cases }) => cases.map(({ number }) => number));
  return numbers.filter((number) => number === caught || !COSTLY_CASES.has(number));
}

export async function tryMutant(mutant: Mutant): Promise<MutantResult> {
  const node = await new mutant.Node().start();
  try {
    const target = { host: node.host, port: node.port };
    const { results } = await runSuite(target, { ...LIMITS, selectors: casesFor(mutant) });
    const failed = results.filter(({ verdict }) => verdict === 'FAIL' || verdict === 'NON-STRICT');
    return { mutant, caughtBy: failed.map(({ number }) => number) };
  } finally {
    node.stop();
  }
}

/**
 * Tries several mutants at a time, and those that keep the thread busy one by one afterwards.
 * @param maxCases most cases that should catch one
 */
export async function tryMutants(
  mutants: readonly Mutant[],
  parallel: number,
  maxCases: number,
): Promise<Map<Mutant, MutantResult>> {
  const results = new Map<Mutant, MutantResult>();
  const together = mutants.filter(({ exclusive }) => !exclusive);
  // The slowest first, so that none runs alone at the end.
  const queue = together
    .toSorted((a, b) => Number(COSTLY_CASES.has(b.caught)) - Number(COSTLY_CASES.has(a.caught)))
    .values();
  const worker = async () => {
    for (const mutant of queue) results.set(mutant, await tryMutant(mutant));
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  for (const mutant of mutants.filter(({ exclusive }) => exclusive)) results.set(mutant, await tryMutant(mutant));
  // Many nodes share one thread, so pieces sent apart may be read together, which hides some mutants, and on a busy machine answers
  // are late, which fails more cases: try those again.
  for (const mutant of mutants) {
    const { caughtBy } = results.get(mutant) as MutantResult;
    const isClear = caughtBy.includes(mutant.caught) && caughtBy.length <= maxCases;
    if (!isClear) results.set(mutant, await tryMutant(mutant));
  }
  return results;
}

/** Formats the mutants and the cases that caught them as a Markdown table. */
export function formatMutantTable(results: readonly MutantResult[]): string {
  const rows = results.map(({ mutant: { name, caught }, caughtBy }) => {
    const others = caughtBy.filter((number) => number !== caught);
    return `| ${name} | ${caught} | ${others.join(', ') || '–'} |`;
  });
  return ['| A node that | is caught by | and by |', '| --- | --- | --- |', ...rows, ''].join('\n');
}
