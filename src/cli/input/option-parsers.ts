import { InvalidArgumentError } from 'commander';
import type { Address } from '../../protocol/index.ts';
import { describeError } from '../../shared/errors.ts';
import { MIN_MEMORY_BYTES } from '../../topology/model/limits.ts';
import {
  suggestBitRates,
  suggestCores,
  suggestMemoryLimits,
  suggestPercentages,
  suggestTimes,
} from '../../topology/model/suggest-units.ts';
import {
  MEMORY_SIZE_PATTERN,
  parseBitRate,
  parseMemorySize,
  parseMilliseconds,
  parsePercentage,
} from '../../topology/model/units.ts';

/** Collects the values of an option that may be repeated, one value each: words after it are still arguments. */
export const collectValues = (text: string, before: string[] = []): string[] => [...before, text];

/** Parses a positive number of seconds, with or without fraction. @throws InvalidArgumentError */
export function parseSecondsOption(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError('Expected a number of seconds above 0, as in 30 or 0.5.');
  return value;
}

/** Parses a whole number from 0. @throws InvalidArgumentError */
export function parseWholeNumberOption(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number, as in 100.');
  return Number(text);
}

/** Parses an HTTP address. @throws InvalidArgumentError */
export function parseUrlOption(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('Expected an HTTP address, as in http://127.0.0.1:4318.');
  return text;
}

/** Parses an address to listen on: a port of the loopback interface, or `HOST:PORT`. @throws InvalidArgumentError */
export function parseListenAddressOption(text: string): Address {
  const [, host = '', portText = ''] = /^(?:(.*):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(portText);
  if (portText === '' || port > 65_535)
    throw new InvalidArgumentError('Expected a port or HOST:PORT, as in 9464 or 127.0.0.1:9464.');
  return { host: host.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1', port };
}

const MAX_COUNT = 1_000;

/** Parses a whole number from 1 to 1,000. */
export function parseCountOption(text: string): number {
  if (!/^[1-9]\d*$/.test(text) || Number(text) > MAX_COUNT)
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_COUNT}, as in 10.`);
  return Number(text);
}

const SECONDS_PER_UNIT: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Parses a time such as `90s`, `30m`, `1h30m`, `2d`, or a number of seconds. Returns seconds. @throws InvalidArgumentError */
export function parseTimeSpanOption(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^(\d+(\.\d+)?[smhd])+$/.test(text))
    throw new InvalidArgumentError('Expected a time, as in 90s, 30m, 1h30m or 2d.');
  return [...text.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)].reduce(
    (total, [, number, unit]) => total + Number(number) * (SECONDS_PER_UNIT[unit as string] as number),
    0,
  );
}

/** Parses a number of cores. @throws InvalidArgumentError */
export function parseCoresOption(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw invalidQuantity('a number of cores above 0, as in 0.5', suggestCores(text));
  return value;
}

/** Parses a memory limit. Returns bytes. @throws InvalidArgumentError */
export function parseMemoryOption(text: string): number {
  const bytes = MEMORY_SIZE_PATTERN.test(text) ? parseMemorySize(text) : 0;
  if (bytes < MIN_MEMORY_BYTES)
    throw invalidQuantity('a memory size of at least 6m, as in 64m', suggestMemoryLimits(text));
  return bytes;
}

/** Parses a percentage. Returns a share from 0 to 1. @throws InvalidArgumentError */
export function parseProbabilityOption(text: string): number {
  const value = parsePercentage(text);
  if (value === undefined || value > 1)
    throw invalidQuantity('a share from 0% to 100%, as in 1%', suggestPercentages(text));
  return value;
}

/** Parses a time with its unit. Returns milliseconds. @throws InvalidArgumentError */
export function parseMillisecondsOption(text: string): number {
  const value = parseMilliseconds(text);
  if (value === undefined) throw invalidQuantity('a time with its unit, as in 50ms or 0.2s', suggestTimes(text));
  return value;
}

/** Parses a bit rate. Returns bits per second. @throws InvalidArgumentError */
export function parseRateOption(text: string): number {
  const value = parseBitRate(text);
  if (!value) throw invalidQuantity('a rate in bits per second, as in 10mbit or 512kbit', suggestBitRates(text));
  return value;
}

function invalidQuantity(expected: string, suggestions: readonly string[]): InvalidArgumentError {
  const meant = suggestions.length === 0 ? '' : ` Did you mean ${suggestions.join(' or ')}?`;
  return new InvalidArgumentError(`Expected ${expected}.${meant}`);
}

/** Parses a regular expression, which ignores case. @throws InvalidArgumentError */
export function parsePatternOption(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch (cause) {
    throw new InvalidArgumentError(`Expected a regular expression: ${describeError(cause)}.`);
  }
}
