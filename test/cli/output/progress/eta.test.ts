import { describe, expect, it } from 'vitest';
import { Eta } from '../../../../src/cli/output/progress/eta.ts';

describe('secondsLeft', () => {
  it('uses the prediction until a run is completed, and then the average of the runs', () => {
    const tally = new Eta(12, 2, 120, 0);
    expect(tally.position).toBe(' 2/12');
    expect(tally.secondsLeft(0)).toBe(100);
    expect(tally.secondsLeft(4_000)).toBe(96);
    tally.completeRun(5_000);
    expect(tally.secondsLeft(5_000)).toBe(9 * 5);
    tally.completeRun(12_000);
    expect(tally.position).toBe(' 4/12');
    expect(tally.secondsLeft(12_000)).toBe(8 * 6);
    expect(tally.secondsLeft(13_000)).toBe(8 * 6 - 1);
  });

  it('assumes that a run that takes longer than the average ends at once', () => {
    const tally = new Eta(3, 0, 30, 0);
    expect(tally.secondsLeft(60_000)).toBe(20);
  });

  it('is 0 when all runs are completed', () => {
    const tally = new Eta(1, 0, 10, 0);
    tally.completeRun(1_000);
    expect(tally.secondsLeft(9_000)).toBe(0);
  });
});
