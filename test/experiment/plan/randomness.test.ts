import { expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { messageIdPrefix } from '../../../src/experiment/plan/randomness.ts';

const parse = (matrix: string, env = '{}') =>
  parseExperiment(
    `{ name: x, question: q, topology: { nodes: { count: 3, env: ${env} }, links: $shape }, matrix: { shape: ${matrix} }, load: {} }`,
    { file: 'x.yaml' },
  );

it('every node has a seed for its choices: that of the file, or 1', () => {
  const seeds = (env: string) => parse('[line]', env).runs[0]!.topology.nodes.map((node) => node.env.DEVNET_SEED);
  expect(seeds('{}')).toEqual(['1', '1', '1']);
  expect(seeds("{ DEVNET_SEED: '7' }")).toEqual(['7', '7', '7']);
});

it('message ids of a run do not depend on other runs, and no two runs share one', () => {
  const prefixes = (matrix: string) =>
    Object.fromEntries(parse(matrix).runs.map((run) => [run.key, messageIdPrefix(run)]));
  const [few, more] = [prefixes('[ring, line]'), prefixes('[line, star, ring]')];
  expect(more).toMatchObject(few);
  expect(new Set(Object.values(more)).size).toBe(3);
});
