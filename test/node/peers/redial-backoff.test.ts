import { expect, test } from 'vitest';
import { redialDelayMs } from '../../../src/node/peers/redial-backoff.ts';

const range = { min: 250, max: 30_000 };

test.each([
  [1, 250],
  [2, 500],
  [3, 1_000],
  [7, 16_000],
  [8, 30_000],
  [9, 30_000],
  [1_000_000, 30_000],
])('after %i failures, waits at most %i ms', (failures, most) => {
  expect(redialDelayMs(failures, range, 0.999999999)).toBe(most);
  expect(redialDelayMs(failures, range, 0.5)).toBe(most / 2);
  expect(redialDelayMs(failures, range, 0)).toBe(1);
});
