import { describe, expect, it } from 'vitest';
import { MergeWindow } from '../../../src/controller/logs/merge-window.ts';

describe('the time that a line waits for earlier ones', () => {
  it('is the longest before anything is known', () => {
    expect(new MergeWindow(undefined).ms).toBe(300);
  });

  it.each([
    [0, 20],
    [40, 100],
    [1_000, 300],
  ])('follows lines that take %s ms: %s ms', (lagMs, ms) => {
    const window = new MergeWindow(undefined);
    window.observeLag(lagMs, 0);
    expect(window.ms).toBe(ms);
  });

  it.each([
    [undefined, 300],
    [0, 50],
    [2_000, 2_000],
  ])('chosen as %s, lets lines come %s ms late', (chosenMs, maxLagMs) => {
    const window = new MergeWindow(chosenMs);
    window.observeLag(10, 0);
    expect(window.maxLagMs).toBe(maxLagMs);
    if (chosenMs !== undefined) expect(window.ms).toBe(chosenMs);
  });
});
