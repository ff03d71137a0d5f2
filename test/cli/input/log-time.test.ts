import { describe, expect, it } from 'vitest';
import { parseLogTime, resolveLogTime } from '../../../src/cli/input/log-time.ts';

const NOW = 1_800_000_000;
const parse = (text: string) => resolveLogTime(parseLogTime(text), NOW);
/** Seconds of a local date. */
const local = (...parts: [number, number, number, number?, number?, number?]) => new Date(...parts).getTime() / 1_000;
/** Seconds of a date in UTC. */
const utc = (...parts: [number, number, number, number?, number?, number?]) => Date.UTC(...parts) / 1_000;

describe('a time in a log', () => {
  it.each([
    ['0s', NOW],
    ['90s', NOW - 90],
    ['10m', NOW - 600],
    ['1h30m', NOW - 5_400],
    ['1.5h', NOW - 5_400],
    ['500ms', NOW - 0.5],
    ['2d', NOW - 172_800],
  ])('may be a time ago: %s', (text, seconds) => {
    expect(parse(text)).toBeCloseTo(seconds, 6);
  });

  it.each([
    ['0', 0],
    ['1764353000', 1_764_353_000],
    ['1764353000.5', 1_764_353_000.5],
    ['1764353000.123456789', 1_764_353_000.123457],
  ])('may be Unix seconds: %s', (text, seconds) => {
    expect(parse(text)).toBeCloseTo(seconds, 6);
  });

  it.each([
    ['2026-01-31T12:00:00Z', utc(2026, 0, 31, 12)],
    ['2026-01-31t12:00:00z', utc(2026, 0, 31, 12)],
    ['2026-01-31T12:00:00.25Z', utc(2026, 0, 31, 12) + 0.25],
    ['2026-01-31T12:00:00.123456789Z', utc(2026, 0, 31, 12) + 0.123457],
    ['2026-01-31T12:00:00+05:30', utc(2026, 0, 31, 6, 30)],
    ['2026-01-31T12:00-02:00', utc(2026, 0, 31, 14)],
    ['2026-01-31Z', utc(2026, 0, 31)],
    ['2024-02-29T00:00:00Z', utc(2024, 1, 29)],
    ['2026-01-31', local(2026, 0, 31)],
    ['2026-01-31T12', local(2026, 0, 31, 12)],
    ['2026-01-31T12:34', local(2026, 0, 31, 12, 34)],
    ['2026-01-31T12:34:56.5', local(2026, 0, 31, 12, 34, 56) + 0.5],
    ['2026-07-31 12:34:56', local(2026, 6, 31, 12, 34, 56)],
  ])('may be a date, in the local time zone unless it has one: %s', (text, seconds) => {
    expect(parse(text)).toBeCloseTo(seconds, 6);
  });

  it.each<[string, string]>([
    ['30', 'A number is Unix seconds: write 30s for 30 seconds ago.'],
    ['1764353000000', 'A number is Unix seconds, not milliseconds.'],
    ...[
      '',
      'soon',
      '-5m',
      '5 m',
      '10x',
      '1h30',
      '12:00',
      '2026-13-01',
      '2026-02-30',
      '2026-01-31T25:00',
      '2026-01-31T12:00:00+5',
      '1e9',
    ].map((text): [string, string] => [text, 'Expected a time ago']),
  ])('is refused: %j', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});
