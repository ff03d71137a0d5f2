import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SECTIONS } from '../../src/spec/runner/run-suite.ts';
import { root } from '../support/paths.ts';
import { MUTANTS } from './mutants/index.ts';

const page = readFileSync(join(root, 'docs', 'protocol.md'), 'utf8');
const table = /<!-- mutants -->\n([\s\S]*?)<!-- \/mutants -->/.exec(page)?.[1] ?? '';
const rows = [...table.matchAll(/^\| (.+) \| (\d\.\d+) \| (.+) \|$/gm)].map(([, name, caught, others]) => ({
  name,
  caught,
  others,
}));

describe('the table of mutants in docs/protocol.md', () => {
  it('lists every mutant with the case that must catch it, and no other', () => {
    const listed = (list: { name?: string | undefined; caught?: string | undefined }[]) =>
      list.map(({ name, caught }) => `${caught} ${name}`).sort();
    expect(listed(rows)).toEqual(listed(MUTANTS.map(({ name, caught }) => ({ name, caught }))));
    expect(rows.length).toBeGreaterThanOrEqual(25);
  });

  it('names only existing cases', () => {
    const numbers = new Set(SECTIONS.flatMap(({ cases }) => cases.map(({ number }) => number)));
    const named = rows.flatMap(({ others }) => (others === '–' ? [] : (others as string).split(', ')));
    expect(named.filter((number) => !numbers.has(number))).toEqual([]);
  });
});
