import { expect, it } from 'vitest';
import config from '../vitest.config.ts';

interface Project {
  test: { name: string; maxWorkers?: number; sequence: { groupOrder: number } };
}

// Otherwise vitest runs no test at all; and CI, which has one of them run elsewhere, would not see it.
it('every project of the tests has a turn of its own', () => {
  const projects = (config.test?.projects ?? []) as Project[];
  expect(projects.length).toBeGreaterThan(1);
  const turns = projects.map(({ test }) => test.sequence.groupOrder);
  expect(new Set(turns).size).toBe(turns.length);
});
