import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { PARTITION_PRESETS } from '../../src/scenario/model/partition-presets.ts';
import { ACTION_NAMES, modifierSchemas } from '../../src/scenario/schema/steps.ts';
import { root } from '../support/paths.ts';
import { scenario } from '../support/scenario-fixtures.ts';

const text = readFileSync(join(root, 'docs', 'scenarios.md'), 'utf8');
/** All nodes and groups that the page names. */
const NET =
  'nodes: { n: { count: 8 }, worker: { count: 4 } }\ngroups: { eu: [n1, n2], us: [n3, n4] }\nlinks: [ring, n1 <-> n3]\n';

const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] as string);
const rows = [...text.matchAll(/^\| `([^`|]+)` \| `(\{[^`]+\})` \|$/gm)].map(
  (match) => [match[1] as string, match[2] as string] as const,
);

test.each(blocks)('parses the example:\n%s', (block) => {
  const steps = block.includes('scenario:') ? block.slice(block.indexOf('scenario:') + 'scenario:'.length) : block;
  expect(scenario(steps.replace(/^\n/, ''), NET).steps.length).toBeGreaterThan(0);
});

test('finds the examples, and expectations in both forms', () => {
  expect(blocks.length).toBe(3);
  expect(rows.length).toBe(11);
});

test.each(rows)('%s means the same as %s', (sentence, map) => {
  const read = (expectation: unknown) => scenario(`- ${JSON.stringify({ expect: expectation })}`, NET).steps;
  expect(read(parseYaml(map))).toEqual(read(sentence));
});

test('explains every key of a step', () => {
  for (const word of [...ACTION_NAMES, ...Object.keys(modifierSchemas), ...PARTITION_PRESETS]) {
    if (word === 'expect') continue;
    const row = word === 'oneway' ? '`oneway: true`' : `| \`${word}\` |`;
    expect(text, word).toContain(row);
  }
});
