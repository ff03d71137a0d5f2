import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { PARTITION_PRESETS } from '../../src/scenario/model/partition-presets.ts';
import { ACTION_NAMES, modifierSchemas } from '../../src/scenario/schema/steps.ts';
import { root } from '../support/paths.ts';
import { scenario } from '../support/scenario-fixtures.ts';

const text = readFileSync(join(root, 'docs', 'scenarios.md'), 'utf8');
/** Everybody whom the page names. */
const NET =
  'nodes: { n: { count: 8 }, worker: { count: 4 } }\ngroups: { eu: [n1, n2], us: [n3, n4] }\nlinks: [ring, n1 <-> n3]\n';

const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] as string);
const rows = [...text.matchAll(/^\| `([^`|]+)` \| `(\{[^`]+\})` \|$/gm)].map(
  (match) => [match[1] as string, match[2] as string] as const,
);

test.each(blocks)('an example can be parsed:\n%s', (block) => {
  const steps = block.includes('scenario:') ? block.slice(block.indexOf('scenario:') + 'scenario:'.length) : block;
  // `heal: storm` is of the step before it.
  expect(scenario(steps.replace(/^\n/, ''), NET).steps.length).toBeGreaterThan(0);
});

test('there are examples, and expectations in both forms', () => {
  expect(blocks.length).toBe(3);
  expect(rows.length).toBe(11);
});

test.each(rows)('%s is the same as %s', (sentence, map) => {
  const read = (expectation: unknown) => scenario(`- ${JSON.stringify({ expect: expectation })}`, NET).steps;
  expect(read(parseYaml(map))).toEqual(read(sentence));
});

test('everything that a step may say is explained', () => {
  for (const word of [...ACTION_NAMES, ...Object.keys(modifierSchemas), ...PARTITION_PRESETS]) {
    if (word === 'expect') continue;
    const told = word === 'oneway' ? '`oneway: true`' : `| \`${word}\` |`;
    expect(text, word).toContain(told);
  }
});
