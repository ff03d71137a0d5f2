import { expect, test } from 'vitest';
import { EngineClock } from '../../../src/controller/logs/engine-clock.ts';

test('is as far ahead as the line that came fastest says', () => {
  const clock = new EngineClock();
  expect(clock.at(0)).toBeUndefined();
  clock.observe(1_000_000, 50);
  expect(clock.at(50)).toBe(1_000_000);
  expect(clock.at(150)).toBe(1_000_100);
  // A line that took longer says nothing new.
  clock.observe(1_000_010, 160);
  expect(clock.at(160)).toBe(1_000_110);
  clock.observe(1_000_200, 170);
  expect(clock.at(170)).toBe(1_000_200);
});

test('forgets lines after a while, since clocks are set', () => {
  const clock = new EngineClock();
  clock.observe(9_000_000, 0);
  clock.observe(1_000_000, 70_000);
  expect(clock.at(70_000)).toBe(9_070_000);
  clock.observe(1_061_000, 131_000);
  expect(clock.at(131_000)).toBe(1_061_000);
});
