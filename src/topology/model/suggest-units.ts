import { formatBitRate, formatPercentage } from './units.ts';

/** Suggests times for a value that is not one: `50ms` for 50, `2s` for "2 seconds". */
export function suggestTimes(value: unknown): string[] {
  const amount = parseUnitlessNumber(value);
  if (amount !== undefined) return [`${amount}ms`];
  const [, number, word = ''] = /^(\d+(?:\.\d+)?) ?([a-zµ]+)$/.exec(normaliseText(value)) ?? [];
  const [unit] =
    Object.entries(TIME_UNIT_SPELLINGS).find(([unit, words]) => unit === word || words.includes(word)) ?? [];
  return unit === undefined ? [] : [`${number}${unit}`];
}

/** Suggests percentages for a value that is not one: `1%`, or else `0.01%`, for 0.01. */
export function suggestPercentages(value: unknown): string[] {
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
