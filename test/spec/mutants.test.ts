import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECTIONS } from '../../src/spec/runner/run-suite.ts';
import { MUTANTS } from './mutants/index.ts';
import type { Mutant } from './mutants/mutant.ts';
import { type MutantResult, mutantTable, tryMutants } from './mutants/run-mutants.ts';

/** A mutant is told by the case that names it; by more cases than this, and that case is no help in finding out. */
const FEW = 8;

const mutants = MUTANTS.filter(({ caught }) => !caught.startsWith('6.'));
let catches: Map<Mutant, MutantResult>;

beforeAll(async () => {
  catches = await tryMutants(mutants, 12);
}, 180_000);

describe('sections 1 to 5', () => {
  test.each(mutants)('$caught catches a node that $name', (mutant) => {
    const by = catches.get(mutant)?.by ?? [];
    expect(by).toContain(mutant.caught);
    expect(by.length).toBeLessThanOrEqual(FEW);
  });

  test('every case catches a mutant', () => {
    const numbers = SECTIONS.slice(0, 5).flatMap(({ cases }) => cases.map(({ number }) => number));
    const named = new Set(mutants.map(({ caught }) => caught));
    expect(numbers.filter((number) => !named.has(number))).toEqual([]);
  });
});

afterAll(() => {
  console.log(mutantTable(mutants.flatMap((mutant) => catches.get(mutant) ?? [])));
});
