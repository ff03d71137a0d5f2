import { expect, it } from 'vitest';
import { transferWindow } from '../../../src/controller/inspect/transfer-window.ts';

it.each([
  ['is as long as was asked for at a high rate', 1e9, 3_000],
  ['has at least 250 full segments at a low rate', 1e6, 3_028],
  ['has at least 250 full segments at a very low rate', 64_000, 47_312.5],
  ['is a minute at most', 10_000, 60_000],
])('the window of a transfer %s', (_, rate, milliseconds) => {
  const { every, count } = transferWindow(rate, 0, 3_000);
  expect(every * count).toBeCloseTo(milliseconds, 0);
  expect(count).toBe(12);
});

it.each([
  ['the least time at a high rate', 1e9, 0, 300],
  ['50 full segments at a low rate', 1e6, 0, 605.6],
  ['10 round trips on a long link', 1e9, 200, 2_000],
])('the window of a transfer begins after %s', (_, rate, roundTripMs, milliseconds) => {
  expect(transferWindow(rate, roundTripMs, 3_000).warmUp).toBeCloseTo(milliseconds, 0);
});
