/** Where values stand on an axis: from 0, its start, to 1, its end. */
export interface Scale {
  position(value: number): number;
  ticks: Tick[];
}

export interface Tick {
  at: number;
  label: string;
  /** Shorter, and without a line across the plot. */
  minor?: true;
}

/** In steps: what a division is off by is no reason for another step. */
const ROUNDING_TOLERANCE = 1e-9;

/**
 * Between round numbers that no value lies beyond.
 * @param options most: about how many ticks; zero: whether it has to be on the axis, as it has to where lengths are compared;
 *   tight: the axis ends with the values, and not with a round number
 */
export function linearScale(
  values: readonly number[],
  options: { most?: number; zero?: boolean; tight?: boolean } = {},
): Scale {
  const { most = 6, zero = true, tight = false } = options;
  const least = Math.min(...(zero ? [0] : []), ...values);
  const greatest = Math.max(...(zero ? [0] : []), ...values);
  const size = Math.max(Math.abs(least), Math.abs(greatest), 1e-3);
  // What differs by no more than its last digits has no scale of its own.
  const step = niceStep(greatest - least > 1e-12 * size ? greatest - least : 1, most);
  const start = Math.floor(least / step + ROUNDING_TOLERANCE) * step;
  const rounded = Math.max(Math.ceil(greatest / step - ROUNDING_TOLERANCE), Math.round(start / step) + 1) * step;
  const end = tight && greatest - start > step * 1e-3 ? greatest : rounded;
  const place = (value: number) => (value - start) / (end - start);
  const count = Math.floor(round((end - start) / step));
  const ticks = Array.from({ length: count + 1 }, (_, index) => {
    const value = round(start + index * step);
    return { at: place(value), label: formatTick(value) };
  });
  return { position: place, ticks };
}

/** How much of a logarithmic axis is kept for zero, which has no place on it, and for the gap that says so. */
const ZERO_GAP = 0.12;

/** In powers of ten. Zero, where there is one, stands apart at the start. @throws RangeError on a value below zero */
export function logScale(values: readonly number[]): Scale {
  if (values.some((value) => value < 0)) throw new RangeError('a value below zero has no logarithm');
  const positive = values.filter((value) => value > 0);
  const withZero = positive.length < values.length;
  const low = Math.log10(Math.min(...positive));
  const high = Math.log10(Math.max(...positive));
  const start = withZero ? ZERO_GAP : 0;
  const place = (value: number) =>
    value === 0 ? 0 : start + ((Math.log10(value) - low) / (high - low || 1)) * (1 - start);
  const ticks: Tick[] = withZero ? [{ at: 0, label: '0' }] : [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    for (let digit = 1; digit < 10; digit++) {
      const value = Number(`${digit}e${power}`);
      if (Math.log10(value) < low - 1e-9 || Math.log10(value) > high + 1e-9) continue;
      // With few powers, 2 and 5 are told as well.
      const told = digit === 1 || (high - low < 2.5 && (digit === 2 || digit === 5));
      ticks.push({ at: place(value), label: told ? formatTick(value) : '', ...(digit === 1 ? {} : { minor: true }) });
    }
  }
  return { position: place, ticks };
}

/**
 * Percentiles with the rarest drawn out: each further nine takes as much room as the one before.
 * @param values percentiles from 0 to less than 100
 */
export function percentileScale(values: readonly number[]): Scale {
  const nines = (value: number) => Math.log10(100 / (100 - value));
  const end = Math.max(nines(50), ...values.map(nines));
  const place = (value: number) => nines(value) / end;
  const told = [0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999];
  return {
    position: place,
    ticks: told
      .filter((value) => place(value) <= 1 + ROUNDING_TOLERANCE)
      .map((value) => ({ at: place(value), label: String(value) })),
  };
}

/** A logarithmic scale where the values span so much that a linear one would crowd most of them into a corner. */
export function chooseScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const spread = Math.max(...positive) / Math.min(...positive);
  return positive.length > 2 && spread >= 15 && !values.some((value) => value < 0)
    ? logScale(values)
    : linearScale(values);
}

/** 1, 2 or 5 times a power of ten, so that at most about `most` of them fit. */
function niceStep(span: number, most: number): number {
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const digit = [1, 2, 5, 10].find((one) => one * power >= rough * (1 - 1e-9))!;
  return round(digit * power);
}

const round = (value: number): number => Number(value.toPrecision(12));

function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.0001 || size >= 1e6)) return value.toExponential().replace('e+', 'e');
  return String(round(value)).replace(/\B(?=(\d{3})+$)/, size >= 10_000 ? ' ' : '');
}
