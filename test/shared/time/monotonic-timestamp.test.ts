import { expect, test } from 'vitest';
import { createMonotonicTimestamp } from '../../../src/shared/time/monotonic-timestamp.ts';

const start = Date.UTC(2026, 10, 22, 14, 36, 21, 123);
function clock() {
  const at = { wall: start, steady: 0 };
  return {
    at,
    time: createMonotonicTimestamp(
      () => Math.floor(at.wall),
      () => at.steady,
      start,
    ),
  };
}

test('it counts microseconds', () => {
  const { at, time } = clock();
  expect(time()).toBe('2026-11-22T14:36:21.123000Z');
  at.wall += 0.456;
  at.steady += 0.456;
  expect(time()).toBe('2026-11-22T14:36:21.123456Z');
});

test('no two are the same', () => {
  const { time } = clock();
  expect([time(), time(), time()].map((text) => text.slice(-4))).toEqual(['000Z', '001Z', '002Z']);
});

test('it follows a wall clock that is set forward', () => {
  const { at, time } = clock();
  at.wall += 60_000;
  expect(time()).toBe('2026-11-22T14:37:21.123500Z');
});

test('it does not go back with a wall clock that is set back', () => {
  const { at, time } = clock();
  const before = time();
  at.wall -= 60_000;
  expect(time() > before).toBe(true);
});

test('it is the real time', () => {
  const [before, now, after] = [Date.now(), createMonotonicTimestamp()(), Date.now()];
  expect(now).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  expect(Date.parse(now)).toBeGreaterThanOrEqual(before - 5);
  expect(Date.parse(now)).toBeLessThanOrEqual(after + 5);
});
