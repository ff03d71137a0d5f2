import { MIN_MEMORY_BYTES } from './limits.ts';
import { formatBitRate, formatPercentage, parseMemorySize } from './units.ts';

/** Suggests times for a value that is not one: `50ms` for 50, `2s` for "2 seconds". */
export function suggestTimes(value: unknown): string[] {
  const amount = parseUnitlessNumber(value);
  if (amount !== undefined) return [`${amount}ms`];
  const [, number, word = ''] = /^(\d+(?:\.\d+)?) ?([a-zµ]+)$/.exec(normaliseText(value)) ?? [];
  const [unit] =
    Object.entries(TIME_UNIT_SPELLINGS).find(([unit, words]) => unit === word || words.includes(word)) ?? [];
  return unit === undefined ? [] : [`${number}${unit}`];
}

/** Suggests percentages for a value that is not one: `1%`, or else `0.01%`, for 0.01; `5%` for "5 percent". */
export function suggestPercentages(value: unknown): string[] {
  const [, number] = /^(\d+(?:\.\d+)?) ?(?:pct|percent|per cent)$/.exec(normaliseText(value)) ?? [];
  if (number !== undefined) return [`${number}%`];
  const amount = parseUnitlessNumber(value);
  if (amount === undefined) return [];
  return amount > 0 && amount <= 1 ? [formatPercentage(amount), `${amount}%`] : [`${amount}%`];
}

/** Suggests bit rates for a value that is not one: `10mbit` for 10; for 10mb, which may be bytes, `80mbit` as well. */
export function suggestBitRates(value: unknown): string[] {
  const amount = parseUnitlessNumber(value);
  // Small numbers are most likely megabits, large ones bits.
  if (amount !== undefined) return [amount < 8000 ? `${amount}mbit` : formatBitRate(Math.round(amount))];
  const [, number, power = '', of = ''] =
    /^(\d+(?:\.\d+)?) ?([kmgt])?i?(bits?|bytes?|b)?(?:\/s|ps)?$/.exec(normaliseText(value)) ?? [];
  if (number === undefined) return [];
  const bits = `${number}${power}bit`;
  const bytes = `${Number((Number(number) * 8).toPrecision(12))}${power}bit`;
  if (of.startsWith('byte')) return [bytes];
  return of === 'b' ? [bits, bytes] : [bits];
}

/** Suggests memory sizes for a value that is not one: `128m` for 128Mi, 128 or "128 megabytes". */
export function suggestMemorySizes(value: unknown): string[] {
  const amount = parseUnitlessNumber(value);
  // A number without a unit is bytes; so few of them are most likely megabytes.
  if (amount !== undefined) return [`${amount}m`];
  const [, number, letter, word] =
    /^(\d+(?:[.,]\d+)?|[.,]\d+) ?(?:([kmgt])(?:i?b?|bytes?)|(kilo|kibi|mega|mebi|megs?|giga|gibi|gigs?|tera|tebi)(?:bytes?)?)$/.exec(
      normaliseText(value),
    ) ?? [];
  const unit = letter ?? word?.[0];
  if (number === undefined || unit === undefined) return [];
  const size = Number(number.replace(',', '.'));
  return [unit === 't' ? `${size * 1024}g` : `${size}${unit}`];
}

/** Suggests memory sizes that a container can have. */
export function suggestMemoryLimits(value: unknown): string[] {
  return suggestMemorySizes(value).filter((size) => parseMemorySize(size) >= MIN_MEMORY_BYTES);
}

/** Suggests numbers of cores for a value that is not one: 0.5 for Kubernetes' 500m, 50% or "0.5 cores". */
export function suggestCores(value: unknown): string[] {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?(m|%|cpus?|cores?)$/.exec(normaliseText(value)) ?? [];
  if (number === undefined) return [];
  const divisor = unit === 'm' ? 1000 : unit === '%' ? 100 : 1;
  return [String(Number((Number(number) / divisor).toPrecision(12)))];
}

/** Other spellings of each unit of time. */
const TIME_UNIT_SPELLINGS: Record<string, string[]> = {
  us: ['µs', 'usec', 'microsecond', 'microseconds'],
  ms: ['msec', 'millisecond', 'milliseconds'],
  s: ['sec', 'secs', 'second', 'seconds'],
  m: ['min', 'mins', 'minute', 'minutes'],
  h: ['hr', 'hrs', 'hour', 'hours'],
};

/** Parses a number without a unit, in quotes or not. */
function parseUnitlessNumber(value: unknown): number | undefined {
  const amount = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof amount === 'number' && Number.isFinite(amount) && amount >= 0 ? amount : undefined;
}

const normaliseText = (value: unknown): string => (typeof value === 'string' ? value.trim().toLowerCase() : '');
