import { runSuite, SECTIONS, type SuiteOptions } from '../../../src/spec/runner/run-suite.ts';
import type { Mutant } from './mutant.ts';

/** Cases that take long or load the machine, and are worth it only for the mutants they are there for. */
const COSTLY = new Set(
  SECTIONS.flatMap(({ cases }) => cases.filter(({ longRunning: long }) => long).map(({ number }) => number)),
);
COSTLY.add('5.7');

/** Limits of the reference that a run need not wait long for. */
export const LIMITS: SuiteOptions = { messageTimeout: 1_000, deadAfter: 1_000, timeout: 900 };

/** What was found about one mutant. */
export interface MutantResult {
  readonly mutant: Mutant;
  /** Cases that told it from a sound node, by number. */
  readonly by: readonly string[];
}

/** The cases that bear on a mutant: sections 1 to 5 for one that is broken there, section 6 for the others. */
function casesFor({ caught, dies }: Mutant): string[] {
  if (dies) return [caught];
  const sections = caught.startsWith('6.') ? SECTIONS.slice(5) : SECTIONS.slice(0, 5);
  const numbers = sections.flatMap(({ cases }) => cases.map(({ number }) => number));
  return numbers.filter((number) => number === caught || !COSTLY.has(number));
}

export async function tryMutant(mutant: Mutant): Promise<MutantResult> {
  const node = await new mutant.Node().start();
  try {
    const target = { host: node.host, port: node.port };
    const { results } = await runSuite(target, { ...LIMITS, selectors: casesFor(mutant) });
    const by = results.filter(({ verdict }) => verdict === 'FAIL' || verdict === 'NON-STRICT');
    return { mutant, by: by.map(({ number }) => number) };
  } finally {
    node.stop();
  }
}

/** Tries several at a time. What blocks the whole program comes last, by itself, as it would disturb the others. */
export async function tryMutants(mutants: readonly Mutant[], width: number): Promise<Map<Mutant, MutantResult>> {
  const catches = new Map<Mutant, MutantResult>();
  const together = mutants.filter(({ blocks }) => !blocks);
  // Those that take longest first, so that nothing waits for one alone in the end.
  const queue = together.toSorted((a, b) => Number(COSTLY.has(b.caught)) - Number(COSTLY.has(a.caught))).values();
  const worker = async () => {
    for (const mutant of queue) catches.set(mutant, await tryMutant(mutant));
  };
  await Promise.all(Array.from({ length: width }, worker));
  for (const mutant of mutants.filter(({ blocks }) => blocks)) catches.set(mutant, await tryMutant(mutant));
  // In a crowd of programs that share one thread, pieces sent apart may be read together, and hide what only a cut shows.
  for (const mutant of mutants) {
    if (!catches.get(mutant)?.by.includes(mutant.caught)) catches.set(mutant, await tryMutant(mutant));
  }
  return catches;
}

/** The mutants and what catches them, as a table in Markdown. */
export function mutantTable(catches: readonly MutantResult[]): string {
  const rows = catches.map(({ mutant: { name, caught }, by }) => {
    const others = by.filter((number) => number !== caught);
    return `| ${name} | ${caught} | ${others.join(', ') || '–'} |`;
  });
  return ['| A node that | is caught by | and by |', '| --- | --- | --- |', ...rows, ''].join('\n');
}
