/** Times, chances and rates as people write them. Each has a unit, so that nobody has to know which one is the default. */

/** `50ms`, `0.2s`, `100us`, `1.5 m`, `1h`. */
export const TIME_PATTERN = /^(\d+(?:\.\d+)?) ?(us|ms|s|m|h)$/;
/** `1%`, `0.05%`. */
export const PERCENTAGE_PATTERN = /^(\d+(?:\.\d+)?) ?%$/;
/** Bits a second in powers of 1000, as networks count: `10mbit`, `512kbit`, `1.5gbit`. */
export const BIT_RATE_PATTERN = /^(\d+(?:\.\d+)?) ?([kmgKMG]?[bB]it)$/;

/** Microseconds in each unit, largest first. */
const MICROSECONDS_PER_UNIT: Record<string, number> = {
  h: 3_600_000_000,
  m: 60_000_000,
  s: 1_000_000,
  ms: 1000,
  us: 1,
};
/** Bits a second in each unit, largest first. */
const BITS_PER_SECOND_PER_UNIT: Record<string, number> = { gbit: 1e9, mbit: 1e6, kbit: 1e3, bit: 1 };

/** Milliseconds, to the next microsecond; undefined when the text does not match {@link TIME_PATTERN}. */
export function parseMilliseconds(text: string): number | undefined {
  const [, amount, unit] = TIME_PATTERN.exec(text) ?? [];
  return unit === undefined ? undefined : roundUp(Number(amount) * MICROSECONDS_PER_UNIT[unit]!) / 1000;
}

/** A chance from 0 to 1, or more if there are more than 100 %; undefined when the text does not match {@link PERCENTAGE_PATTERN}. */
export function parsePercentage(text: string): number | undefined {
  const [, amount] = PERCENTAGE_PATTERN.exec(text) ?? [];
  // Read with its exponent, 1.1% is 0.011; divided, it would be 0.011000000000000001.
  return amount === undefined ? undefined : Number(`${amount}e-2`);
}

/** Whole bits a second; undefined when the text does not match {@link BIT_RATE_PATTERN}. */
export function parseBitRate(text: string): number | undefined {
  const [, amount, unit] = BIT_RATE_PATTERN.exec(text) ?? [];
  return unit === undefined ? undefined : roundUp(Number(amount) * BITS_PER_SECOND_PER_UNIT[unit.toLowerCase()]!);
}

/** The next whole number, so that a little is not nothing; what a product is off by does not count. */
function roundUp(amount: number): number {
  return Math.ceil(Number(amount.toPrecision(14)));
}

/** A time in the largest unit that it has a whole number of: `50ms`, `2s`, `1500us`. */
export function formatTime(milliseconds: number): string {
  return milliseconds === 0 ? '0ms' : formatInLargestUnit(Math.round(milliseconds * 1000), MICROSECONDS_PER_UNIT);
}

/** `1%` for 0.01. */
export function formatPercentage(chance: number): string {
  return `${Number((chance * 100).toPrecision(12))}%`;
}

/** A rate of whole bits a second in the largest unit that it has a whole number of: `10mbit`, `1500kbit`. */
export function formatBitRate(bitsPerSecond: number): string {
  return formatInLargestUnit(bitsPerSecond, BITS_PER_SECOND_PER_UNIT);
}

function formatInLargestUnit(amount: number, units: Record<string, number>): string {
  const [unit, size] = Object.entries(units).find(([, size]) => amount >= size && amount % size === 0) ?? ['', 1];
  return `${amount / size}${unit}`;
}
