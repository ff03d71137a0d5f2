import { describe, expect, it } from 'vitest';
import {
  differingExpectations,
  formatRuntimeComparison,
  type RuntimeRun,
} from '../../../src/cli/output/runtime-comparison.ts';
import type { RuntimeName } from '../../../src/network/capabilities.ts';

const run = (runtime: RuntimeName, ...verdicts: [name: string, met: boolean, at: number][]): RuntimeRun => ({
  runtime,
  upMs: 400,
  downMs: 20,
  result: {
    passed: verdicts.every(([, met]) => met),
    outcomes: verdicts.map(([name, met, at]) => ({
      name,
      expectation: { kind: 'no drift' } as never,
      met,
      at,
      took: 1_250,
      seen: '',
      lines: [],
    })),
    took: 3_000,
  },
});

describe('verdicts on several runtimes', () => {
  it('are the same in whatever order they were decided', () => {
    const runs = [
      run('containers', ['a', true, 0], ['b', false, 500]),
      run('namespaces', ['b', false, 510], ['a', true, 2]),
    ];
    expect(differingExpectations(runs)).toEqual([]);
    expect(formatRuntimeComparison(runs)).toBe(`      CONTAINERS  NAMESPACES
up    0.40 s      0.40 s
a     ✔ 1.25 s    ✔ 1.25 s
b     ✘ 1.25 s    ✘ 1.25 s
down  0.02 s      0.02 s

✔ the same verdicts on 2 runtimes
`);
  });

  it('that differ are named, equal names by their number', () => {
    const runs = [
      run('containers', ['a', true, 0], ['a', true, 900]),
      run('process', ['a', true, 0], ['a', false, 950]),
    ];
    expect(differingExpectations(runs)).toEqual(['a (2)']);
    expect(formatRuntimeComparison(runs)).toMatch(/✘ verdicts differ:\n {2}a \(2\)\n$/);
  });

  it('say which runtime was left out, and that one alone is no comparison', () => {
    const text = formatRuntimeComparison([
      { runtime: 'containers', skipped: 'no engine' },
      run('process', ['a', true, 0]),
    ]);
    expect(text).toContain('- containers: did not run: no engine\n');
    expect(text).toContain('✘ nothing to compare: the scenario ran on 1 of 2 runtimes');
  });
});
