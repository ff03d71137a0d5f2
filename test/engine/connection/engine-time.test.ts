import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEngineTime } from '../../../src/engine/connection/engine-time.ts';

test.each([
  ['2026-11-28T18:22:17.407099000Z', Date.UTC(2026, 10, 28, 18, 22, 17, 407) + 0.099],
  ['2026-11-28T23:59:59.999999999Z', Date.UTC(2026, 10, 28, 23, 59, 59, 999) + 0.999999],
  ['2026-11-29T00:00:00Z', Date.UTC(2026, 10, 29)],
  ['2026-11-28T18:22:17.5Z', Date.UTC(2026, 10, 28, 18, 22, 17, 500)],
  ['2026-11-28T18:22:17.000001Z', Date.UTC(2026, 10, 28, 18, 22, 17) + 0.001],
  ['2026-11-28T18:22:17.5+02:00', Date.UTC(2026, 10, 28, 16, 22, 17, 500)],
  ['2024-02-29T12:00:00.000000000Z', Date.UTC(2024, 1, 29, 12)],
])('parses %s', (time, expected) => {
  expect(parseEngineTime(time)).toBeCloseTo(expected, 3);
});

test('parses what Date writes, in any order of days', () => {
  const times = fc.array(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }));
  fc.assert(
    fc.property(times, (dates) => dates.every((date) => parseEngineTime(date.toISOString()) === date.getTime())),
  );
});
