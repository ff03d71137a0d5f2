/** Times, percentages, bit rates and memory sizes as people write them. */

/** `50ms`, `0.2s`, `100us`, `1.5 m`, `1h`. */
export const TIME_PATTERN = /^(\d+(?:\.\d+)?) ?(us|ms|s|m|h)$/;
/** `1%`, `0.05%`. */
export const PERCENTAGE_PATTERN = /^(\d+(?:\.\d+)?) ?%$/;
/** Bits a second, in powers of 1000: `10mbit`, `512kbit`, `1.5gbit`. */
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

/** Parses a time to milliseconds, rounded up to a microsecond; undefined when it does not match {@link TIME_PATTERN}. */
export function parseMilliseconds(text: string): number | undefined {
  const [, amount, unit] = TIME_PATTERN.exec(text) ?? [];
  return unit === undefined ? undefined : roundUp(Number(amount) * MICROSECONDS_PER_UNIT[unit]!) / 1000;
}

/** Parses a percentage to a fraction (above 1 for more than 100 %); undefined when it does not match {@link PERCENTAGE_PATTERN}. */
export function parsePercentage(text: string): number | undefined {
  const [, amount] = PERCENTAGE_PATTERN.exec(text) ?? [];
  // Read with its exponent, 1.1% is 0.011; divided, it would be 0.011000000000000001.
  return amount === undefined ? undefined : Number(`${amount}e-2`);
}

/** Parses a rate to whole bits a second, rounded up; undefined when it does not match {@link BIT_RATE_PATTERN}. */
export function parseBitRate(text: string): number | undefined {
  const [, amount, unit] = BIT_RATE_PATTERN.exec(text) ?? [];
  return unit === undefined ? undefined : roundUp(Number(amount) * BITS_PER_SECOND_PER_UNIT[unit.toLowerCase()]!);
}

/** Rounds up, so that a little is not nothing; a rounding error of the product does not count. */
function roundUp(amount: number): number {
  return Math.ceil(Number(amount.toPrecision(14)));
}

/** Formats a time in the largest unit that divides it: `50ms`, `2s`, `1500us`. */
export function formatTime(milliseconds: number): string {
  return milliseconds === 0 ? '0ms' : formatInLargestUnit(Math.round(milliseconds * 1000), MICROSECONDS_PER_UNIT);
}

/** Formats a fraction as a percentage: `1%` for 0.01. */
export function formatPercentage(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(12))}%`;
}

/** Formats a rate in the largest unit that divides it: `10mbit`, `1500kbit`. */
export function formatBitRate(bitsPerSecond: number): string {
  return formatInLargestUnit(bitsPerSecond, BITS_PER_SECOND_PER_UNIT);
}

function formatInLargestUnit(amount: number, units: Record<string, number>): string {
  const [unit, size] = Object.entries(units).find(([, size]) => amount >= size && amount % size === 0) ?? ['', 1];
  return `${amount / size}${unit}`;
}

/** A number of bytes, with or without a unit: `64m`, `0.5g`, `64MiB`, `1 GB`. */
export const MEMORY_SIZE_PATTERN = /^(\d+(?:\.\d+)?) ?([bkmgBKMG]|[kmgKMG][iI]?[bB])?$/;

const POWER_OF_1024_BY_UNIT: Record<string, number> = { b: 0, k: 1, m: 2, g: 3 };

/**
 * Parses a memory size to bytes, rounded down. As in Docker, units are powers of 1024, however they are spelled.
 *
 * @param size matches {@link MEMORY_SIZE_PATTERN}
 */
export function parseMemorySize(size: string): number {
  const [, amount, unit = 'b'] = MEMORY_SIZE_PATTERN.exec(size) ?? [];
  return Math.floor(Number(amount) * 1024 ** POWER_OF_1024_BY_UNIT[unit[0]!.toLowerCase()]!);
}
