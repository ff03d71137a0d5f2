import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, type Limits, limitsFromEnvironment, limitVariable } from '../../src/protocol/index.ts';
import { root } from '../support/paths.ts';

const page = readFileSync(join(root, 'docs', 'protocol.md'), 'utf8');
const rows = [...page.matchAll(/^\| `(DEVNET_\w+)` \| (\d+) \| (\d+) – (\d+) \|/gm)].map(
  ([, variable, value, min, max]) => ({
    variable: variable as string,
    value: Number(value),
    min: Number(min),
    max: Number(max),
  }),
);

describe('docs/protocol.md', () => {
  it('lists every limit once', () => {
    const names = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];
    expect(rows.map(({ variable }) => variable)).toEqual(names.map(limitVariable));
  });

  it.each(rows)('documents the default and range of $variable', ({ variable, value, min, max }) => {
    const name = (Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]).find((limit) => limitVariable(limit) === variable);
    expect(DEFAULT_LIMITS[name as keyof Limits]).toBe(value);
    for (const allowed of [min, max]) {
      expect(limitsFromEnvironment({ [variable]: String(allowed) })[name as keyof Limits]).toBe(allowed);
    }
    for (const refused of [min - 1, max + 1])
      expect(() => limitsFromEnvironment({ [variable]: String(refused) })).toThrow(variable);
  });
});
