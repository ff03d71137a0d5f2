import { describe, expect, test } from 'vitest';
import { runSuite } from '../../src/spec/runner/run-suite.ts';
import { ReferenceNode } from './mutants/reference-node.ts';
import { LIMITS } from './mutants/run-mutants.ts';

describe('the reference node', () => {
  test('passes every case', { timeout: 60_000 }, async () => {
    const node = await new ReferenceNode().start();
    try {
      const result = await runSuite({ host: node.host, port: node.port }, LIMITS);
      expect(result.results.filter(({ verdict }) => verdict !== 'OK')).toEqual([]);
      expect(result.passed).toBe(true);
    } finally {
      node.stop();
    }
  });
});
