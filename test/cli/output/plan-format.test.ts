import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { formatConditionCounts, formatPlanLines, summarizePlan } from '../../../src/cli/output/plan-format.ts';
import type { PlanStep } from '../../../src/network/plan-step.ts';
import { parseTopology } from '../../../src/topology/index.ts';

const topology = (yaml: string) => parseTopology(yaml, { file: 'test.yaml', name: 'test' });

describe('summarizePlan', () => {
  it('counts steps, and the directions whose conditions are set', () => {
    expect(summarizePlan([])).toBe('nothing to do');
    expect(
      summarizePlan([
        { do: 'make network' },
        { do: 'make node', node: 'a' },
        { do: 'make node', node: 'b' },
        { do: 'set conditions', pairs: 2 },
      ]),
    ).toBe('make 1 network, make 2 nodes, set the conditions of 2 directions');
  });

  it('mentions conditions that are cleared', () => {
    expect(summarizePlan([{ do: 'set conditions', pairs: 0, why: 'heals split' }])).toBe('clear all link conditions');
  });
});

describe('a node that is reconnected', () => {
  const steps: PlanStep[] = [{ do: 'reconnect node', node: 'a', why: 'it is off its network' }];

  it('is counted, and shown with the reason', () => {
    expect(summarizePlan(steps)).toBe('reconnect 1 node');
    expect(formatPlanLines(steps).map(stripVTControlCharacters)).toEqual(['~ node a (it is off its network)']);
  });
});

describe('formatConditionCounts', () => {
  it('counts each condition, and each direction of a link', () => {
    const asked = topology(
      'nodes: [a, b, c]\nlinks:\n  - { link: a <-> b, delay: 5ms, loss: 1% }\n  - { link: b -> c, delay: 5ms }',
    );
    expect(formatConditionCounts(asked)).toBe('delay on 4 directions, loss on 2');
  });

  it('returns undefined for a topology without conditions', () => {
    expect(formatConditionCounts(topology('nodes: [a, b]\nlinks: line'))).toBeUndefined();
  });
});
