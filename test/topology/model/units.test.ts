import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatBitRate,
  formatPercentage,
  formatTime,
  parseBitRate,
  parseMilliseconds,
  parsePercentage,
} from '../../../src/topology/model/units.ts';

describe('times', () => {
  test.each([
    ['50ms', 50],
    ['0.2s', 200],
    ['1.1s', 1100],
    ['100us', 0.1],
    ['0.1us', 0.001],
    ['2 m', 120_000],
    ['1h', 3_600_000],
    ['0ms', 0],
  ])('%s', (text, expected) => expect(parseMilliseconds(text)).toBe(expected));

  test.each(['50', 'ms', '-1ms', '1e3ms', '.5s', '5.s', '50 MS', ' 50ms', '50ms 2us', '1d'])('not %j', (text) =>
    expect(parseMilliseconds(text)).toBeUndefined(),
  );

  test.each([
    [0, '0ms'],
    [0.001, '1us'],
    [1.5, '1500us'],
    [50, '50ms'],
    [1500, '1500ms'],
    [2000, '2s'],
    [90_000, '90s'],
    [3_600_000, '1h'],
  ])('%d as text', (time, expected) => expect(formatTime(time)).toBe(expected));
});

describe('percentages', () => {
  test.each([
    ['1%', 0.01],
    ['1.1%', 0.011],
    ['7 %', 0.07],
    ['0.05%', 0.0005],
    ['100%', 1],
    ['250%', 2.5],
  ])('%s', (text, expected) => expect(parsePercentage(text)).toBe(expected));

  test.each(['1', '%', '-1%', '1%%', '1 percent'])('not %j', (text) => expect(parsePercentage(text)).toBeUndefined());

  test.each([
    [0, '0%'],
    [0.07, '7%'],
    [0.0005, '0.05%'],
    [1, '100%'],
  ])('%d as text', (value, expected) => expect(formatPercentage(value)).toBe(expected));
});

describe('bit rates', () => {
  test.each([
    ['10mbit', 10_000_000],
    ['1.1 Mbit', 1_100_000],
    ['512kbit', 512_000],
    ['1.5GBit', 1_500_000_000],
    ['8000bit', 8000],
    ['0.1bit', 1],
  ])('%s', (text, expected) => expect(parseBitRate(text)).toBe(expected));

  test.each(['10', '10m', '10mb', '10mbps', '10 mbit/s', '10tbit'])('not %j', (text) =>
    expect(parseBitRate(text)).toBeUndefined(),
  );

  test.each([
    [8000, '8kbit'],
    [1_500_000, '1500kbit'],
    [10_000_000, '10mbit'],
    [8001, '8001bit'],
  ])('%d as text', (rate, expected) => expect(formatBitRate(rate)).toBe(expected));
});

test('formatted quantities parse to the same value', () => {
  const times = fc.integer({ min: 0, max: 3_600_000_000 }).map((micros) => micros / 1000);
  const chances = fc.integer({ min: 0, max: 1_000_000 }).map((parts) => Number(`${parts}e-6`));
  const rates = fc.integer({ min: 1, max: 1e11 });
  fc.assert(
    fc.property(times, chances, rates, (time, share, rate) => {
      expect(parseMilliseconds(formatTime(time))).toBe(time);
      expect(parsePercentage(formatPercentage(share))).toBe(share);
      expect(parseBitRate(formatBitRate(rate))).toBe(rate);
    }),
  );
});
