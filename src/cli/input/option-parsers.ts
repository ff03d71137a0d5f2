import { InvalidArgumentError } from 'commander';
import {
  MEMORY_SIZE_PATTERN,
  parseMemorySize as memoryBytes,
  parseBitRate,
  parsePercentage as readChance,
  parseMilliseconds as readMilliseconds,
} from '../../topology/model/units.ts';

/** For an option that may be given several times: one value each, so that arguments after it are still arguments. */
export const collectValues = (text: string, before: string[] = []): string[] => [...before, text];

/** A positive number of seconds, whole or not. */
export function parseSecondsOption(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError('Expected a number of seconds above 0, as in 30 or 0.5.');
  return value;
}

/** A whole number from 0. */
export function parseWholeNumberOption(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number, as in 100.');
  return Number(text);
}

const SECONDS_PER_UNIT: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A span such as `90s`, `30m`, `1h30m`, `2d`; without a unit, seconds. @returns seconds */
export function parseTimeSpanOption(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^(\d+(\.\d+)?[smhd])+$/.test(text))
    throw new InvalidArgumentError('Expected a span of time, as in 90s, 30m, 1h30m or 2d.');
  return [...text.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)].reduce(
    (total, [, number, unit]) => total + Number(number) * (SECONDS_PER_UNIT[unit as string] as number),
    0,
  );
}

/** A span counted back from now, or an ISO time. @returns seconds since the epoch */
export function parseSinceOption(text: string): number {
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const time = Date.parse(text);
    if (!Number.isNaN(time)) return time / 1000;
  }
  try {
    return Date.now() / 1000 - parseTimeSpanOption(text);
  } catch {
    throw new InvalidArgumentError('Expected a span of time, as in 10m, or a time, as in 2026-01-31T12:00:00Z.');
  }
}

/** A number above 0. */
export function parsePositiveNumberOption(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number above 0, as in 0.5.');
  return value;
}

/** @returns bytes */
export function parseMemoryOption(text: string): number {
  if (!MEMORY_SIZE_PATTERN.test(text)) throw new InvalidArgumentError('Expected an amount of memory, as in 64m.');
  return memoryBytes(text);
}

/** @returns 0 to 1 */
export function parseProbabilityOption(text: string): number {
  const value = readChance(text);
  if (value === undefined || value > 1) throw new InvalidArgumentError('Expected a chance from 0% to 100%, as in 1%.');
  return value;
}

export function parseMillisecondsOption(text: string): number {
  const value = readMilliseconds(text);
  if (value === undefined) throw new InvalidArgumentError('Expected a time with its unit, as in 50ms or 0.2s.');
  return value;
}

/** @returns bits a second */
export function parseRateOption(text: string): number {
  const value = parseBitRate(text);
  if (!value) throw new InvalidArgumentError('Expected a rate in bits a second, as in 10mbit or 512kbit.');
  return value;
}
