import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { compareResults, formatDifferenceInterval } from '../../../src/experiment/results/compare.ts';
import type { Results } from '../../../src/experiment/results/results-folder.ts';
import { complete, GRAPH, message } from '../fixtures.ts';

/** Results of runs whose messages took these times to reach three other nodes. */
function results(times: Record<string, number[]>): Results {
  const shapes = Object.keys(times).join(', ');
  const source = `{ name: x, question: q, topology: { nodes: { count: 4 }, links: $shape }, matrix: { shape: [${shapes}] }, load: {}, measure: [t100, diameter] }`;
  const experiment = parseExperiment(source, { file: 'x.yaml' });
  const runs = Object.entries(times).flatMap(([shape, all]) =>
    all.map((time, index) =>
      complete([message([time, time, time])], {
        run: `${shape} ${index}`,
        cell: `shape=${shape}`,
        parameters: { shape },
        graph: { ...GRAPH, diameter: shape === 'mesh' ? null : 3 },
      }),
    ),
  );
  return { experiment, runs, failed: new Map(), manifest: {} as never };
}

describe('two results', () => {
  const before = results({ ring: [10, 11, 12, 11, 10], line: [20, 30, 25, 22, 28], star: [5], mesh: [1, 2] });
  const after = results({ ring: [15, 16, 17, 16, 15], line: [21, 29, 26, 22, 27], star: [6], tree: [1] });
  const { comparisons, onlyA, onlyB } = compareResults(before, after);
  const of = (shape: string, figure: string) =>
    comparisons.find((one) => one.parameters.shape === shape && one.figure === figure);

  it('differ where the interval of the difference excludes 0', () => {
    expect(of('ring', 't100')).toMatchObject({ a: 11, b: 16, difference: { value: 5 }, verdict: 'higher' });
    // 5 runs against 5 with no overlap, the first of five comparisons that have a probability.
    expect(of('ring', 't100')?.p).toBeCloseTo(2 / 252, 9);
    expect(of('ring', 't100')?.correctedP).toBeCloseTo((6 * 2) / 252, 9);
    expect(of('ring', 't100')?.difference.low).toBeGreaterThan(2);
    expect(compareResults(after, before).comparisons.find((one) => one.figure === 't100')).toMatchObject({
      verdict: 'lower',
    });
  });

  it('may be equal where the interval contains 0, and where there is too little data', () => {
    expect(of('line', 't100')).toMatchObject({ a: 25, b: 26, verdict: 'unclear' });
    expect(of('star', 't100')).toMatchObject({ a: 5, b: 6, difference: { value: 1, low: null }, verdict: 'unknown' });
    expect(of('ring', 'diameter')).toMatchObject({ verdict: 'same' });
  });

  it('of so few runs that nothing could differ say how many it takes', () => {
    const three = results({ ring: [10, 11, 12] });
    const { comparisons: few, needed } = compareResults(three, results({ ring: [20, 21, 22] }), ['t100']);
    expect(few).toMatchObject([{ p: expect.closeTo(0.1, 9), verdict: 'unknown' }]);
    expect(needed).toBe(4);
  });

  it('differ where one of them never got there', () => {
    const never = Number.POSITIVE_INFINITY;
    const lost = results({ ring: [never, never, never, never, 5] });
    const { comparisons: found } = compareResults(results({ ring: [10, 11, 12, 11, 10] }), lost, ['t100']);
    expect(found).toMatchObject([{ a: 11, b: never, difference: { value: never } }]);
    expect(found[0]?.verdict).toBe('unclear'); // One of five was earlier.
  });

  it('are compared where both have a cell', () => {
    expect(onlyA).toEqual(['shape=mesh']);
    expect(onlyB).toEqual(['shape=tree']);
    expect(comparisons).toHaveLength(6);
  });
});

describe('the interval of a difference', () => {
  const infinite = Number.POSITIVE_INFINITY;
  it.each([
    [-1.5, 2, '-1.5 to +2'],
    [4, infinite, '+4 to B never'],
    [4, 4, ''],
    [infinite, infinite, ''],
    [null, null, ''],
  ])('from %s to %s', (low, high, expected) => {
    expect(formatDifferenceInterval({ low, high })).toBe(expected);
  });
});
