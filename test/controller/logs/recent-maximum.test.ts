import { expect, it } from 'vitest';
import { RecentMaximum } from '../../../src/controller/logs/recent-maximum.ts';

it('is the largest value of this period and the one before', () => {
  const recent = new RecentMaximum(100);
  const after = (value: number, now: number) => {
    recent.observe(value, now);
    return recent.value;
  };
  expect(recent.value).toBeUndefined();
  expect(after(5, 0)).toBe(5);
  expect(after(9, 60)).toBe(9);
  expect(after(1, 101)).toBe(9);
  expect(after(2, 200)).toBe(9);
  expect(after(1, 202)).toBe(2);
  // Nothing came for more than two periods.
  expect(after(1, 500)).toBe(1);
});
