import { formatChance, formatRate } from './units.ts';

/** What was likely meant by a time that is not one: `50ms` for 50, `2s` for 2 seconds. */
export function likelyTimes(value: unknown): string[] {
  const amount = plainNumber(value);
  if (amount !== undefined) return [`${amount}ms`];
  const [, number, word = ''] = /^(\d+(?:\.\d+)?) ?([a-zµ]+)$/.exec(plainText(value)) ?? [];
  const [unit] = Object.entries(WORDS).find(([unit, words]) => unit === word || words.includes(word)) ?? [];
  return unit === undefined ? [] : [`${number}${unit}`];
}

/** What was likely meant by a chance that is not one: `1%`, or else `0.01%`, for 0.01. */
export function likelyChances(value: unknown): string[] {
  const amount = plainNumber(value);
  if (amount === undefined) return [];
  return amount > 0 && amount <= 1 ? [formatChance(amount), `${amount}%`] : [`${amount}%`];
}

/** What was likely meant by a rate that is not one: `10mbit` for 10; for 10mb, which may be bytes, `80mbit` as well. */
export function likelyRates(value: unknown): string[] {
  const amount = plainNumber(value);
  // Nobody counts thousands of megabits, or single bits.
  if (amount !== undefined) return [amount < 8000 ? `${amount}mbit` : formatRate(Math.round(amount))];
  const [, number, power = '', of = ''] =
    /^(\d+(?:\.\d+)?) ?([kmgt])?i?(bits?|bytes?|b)?(?:\/s|ps)?$/.exec(plainText(value)) ?? [];
  if (number === undefined) return [];
  const bits = `${number}${power}bit`;
  const bytes = `${Number((Number(number) * 8).toPrecision(12))}${power}bit`;
  if (of.startsWith('byte')) return [bytes];
  return of === 'b' ? [bits, bytes] : [bits];
}

/** How people write each unit of time. */
const WORDS: Record<string, string[]> = {
  us: ['µs', 'usec', 'microsecond', 'microseconds'],
  ms: ['msec', 'millisecond', 'milliseconds'],
  s: ['sec', 'secs', 'second', 'seconds'],
  m: ['min', 'mins', 'minute', 'minutes'],
  h: ['hr', 'hrs', 'hour', 'hours'],
};

/** A number without a unit, in quotes or not. */
function plainNumber(value: unknown): number | undefined {
  const amount = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof amount === 'number' && Number.isFinite(amount) && amount >= 0 ? amount : undefined;
}

const plainText = (value: unknown): string => (typeof value === 'string' ? value.trim().toLowerCase() : '');
