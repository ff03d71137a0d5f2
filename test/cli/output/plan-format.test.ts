import { describe, expect, it } from 'vitest';
import { formatConditionCounts } from '../../../src/cli/output/conditions-format.ts';
import { summarizePlan } from '../../../src/cli/output/plan-format.ts';
import { parseTopology } from '../../../src/topology/index.ts';

const topology = (yaml: string) => parseTopology(yaml, { file: 'test.yaml', name: 'test' });

describe('a plan in one line', () => {
  it('counts what is done, and the ways that conditions are set of', () => {
    expect(summarizePlan([])).toBe('nothing to do');
    expect(
      summarizePlan([
        { do: 'make network' },
        { do: 'make node', node: 'a' },
        { do: 'make node', node: 'b' },
        { do: 'set conditions', pairs: 2 },
      ]),
    ).toBe('make 1 network, make 2 nodes, set the conditions of 2 ways');
  });

  it('does not pass over conditions that are taken back', () => {
    expect(summarizePlan([{ do: 'set conditions', pairs: 0, why: 'heals split' }])).toBe('clear all link conditions');
  });
});

describe('the conditions of a topology in one line', () => {
  it('are counted by kind, each way of a link by itself', () => {
    const asked = topology(
      'nodes: [a, b, c]\nlinks:\n  - { link: a <-> b, delay: 5ms, loss: 1% }\n  - { link: b -> c, delay: 5ms }',
    );
    expect(formatConditionCounts(asked)).toBe('delay on 4 ways, loss on 2');
  });

  it('are not mentioned where there are none', () => {
    expect(formatConditionCounts(topology('nodes: [a, b]\nlinks: line'))).toBeUndefined();
  });
});
