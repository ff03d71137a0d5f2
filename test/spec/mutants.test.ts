import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECTIONS } from '../../src/spec/runner/run-suite.ts';
import { MUTANTS } from './mutants/index.ts';
import type { Mutant } from './mutants/mutant.ts';
import { formatMutantTable, type MutantResult, tryMutants } from './mutants/run-mutants.ts';

/** Most cases that catch one mutant: with more, the case that names it would not help to find the mistake. */
const MAX_CATCHING_CASES = 8;

const mutants = MUTANTS.filter(({ caught }) => !caught.startsWith('6.'));
let results: Map<Mutant, MutantResult>;

beforeAll(async () => {
  results = await tryMutants(mutants, 12, MAX_CATCHING_CASES);
}, 180_000);

describe('sections 1 to 5', () => {
  test.each(mutants)('$caught catches a node that $name', (mutant) => {
    const caughtBy = results.get(mutant)?.caughtBy ?? [];
    expect(caughtBy).toContain(mutant.caught);
    expect(caughtBy.length).toBeLessThanOrEqual(MAX_CATCHING_CASES);
  });

  test('every case catches a mutant', () => {
    const numbers = SECTIONS.slice(0, 5).flatMap(({ cases }) => cases.map(({ number }) => number));
    const named = new Set(mutants.map(({ caught }) => caught));
    expect(numbers.filter((number) => !named.has(number))).toEqual([]);
  });
});

afterAll(() => {
  console.log(formatMutantTable(mutants.flatMap((mutant) => results.get(mutant) ?? [])));
});
