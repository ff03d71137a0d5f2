import { describe, expect, it } from 'vitest';
import { groupCompleteRuns, parseSample, serializeSample } from '../../../src/experiment/metrics/samples.ts';
import { endOf, message } from '../fixtures.ts';

describe('samples', () => {
  it('count when their run was completed', () => {
    const { runs, failed } = groupCompleteRuns([
      message([1], 0, 'first'),
      { kind: 'failed', run: 'first', why: 'no' },
      message([2], 0, 'first'),
      message([3], 0, 'second'),
      endOf('first'),
    ]);
    expect(runs.map(({ run, samples }) => [run, samples.map(({ receipts }) => receipts[1]?.at)])).toEqual([
      ['first', [2]],
    ]);
    expect(failed.size).toBe(0);
  });

  it('tell why a run failed, until it succeeds', () => {
    const { runs, failed } = groupCompleteRuns([{ kind: 'failed', run: 'first', why: 'n3 died' }]);
    expect(runs).toEqual([]);
    expect([...failed]).toEqual([['first', 'n3 died']]);
  });

  it('are parsed from their lines, except from a line that was cut short', () => {
    const line = serializeSample(message([1, 2]));
    expect(parseSample(line)).toEqual(message([1, 2]));
    for (const length of [1, 10, line.length - 2]) expect(parseSample(line.slice(0, length))).toBeUndefined();
  });
});
