import { describe, expect, it } from 'vitest';
import { Tally } from '../../src/cli/tally.ts';

describe('the time that is left', () => {
  it('is what was predicted until a run is over, and then what runs took', () => {
    const tally = new Tally(12, 2, 120, 0);
    expect(tally.place).toBe(' 2/12');
    expect(tally.left(0)).toBe(100);
    expect(tally.left(4_000)).toBe(96);
    tally.count(5_000);
    expect(tally.left(5_000)).toBe(9 * 5);
    tally.count(12_000);
    expect(tally.place).toBe(' 4/12');
    expect(tally.left(12_000)).toBe(8 * 6);
    expect(tally.left(13_000)).toBe(8 * 6 - 1);
  });

  it('is not less for a run that takes longer than the others', () => {
    const tally = new Tally(3, 0, 30, 0);
    expect(tally.left(60_000)).toBe(20);
  });

  it('is none when all are over', () => {
    const tally = new Tally(1, 0, 10, 0);
    tally.count(1_000);
    expect(tally.left(9_000)).toBe(0);
  });
});
