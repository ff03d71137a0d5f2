import { scaleLinear, scaleLog } from 'd3-scale';

/** Maps values to an axis, from 0 at its start to 1 at its end. */
export interface Scale {
  position(value: number): number;
  ticks: Tick[];
  /** Value at the start of the axis, where that is neither 0 nor the first value. */
  startsAt?: string;
}

export interface Tick {
  at: number;
  /** Empty for a tick without a label. */
  label: string;
  /** Shorter, and without a grid line. */
  minor?: true;
}

export interface LinearScaleOptions {
  /** About how many ticks. @default 6 */
  maxTicks?: number;
  /** Start of the axis: at 0; at the smallest value; or at 0 unless values would then look alike. @default 'visible' */
  start?: 'zero' | 'first' | 'visible';
  /** Ends the axis at the largest value instead of a round number. @default false */
  tight?: boolean;
}

/** Smallest range of values, relative to their size, that is not rounding noise. */
const MIN_RELATIVE_RANGE = 1e-12;
/** Values within such a share of the largest one would look alike on an axis from 0. */
const MIN_VISIBLE_RANGE = 0.35;

/** Creates a linear scale between round numbers. Ticks of whole numbers are whole. */
export function linearScale(values: readonly number[], options: LinearScaleOptions = {}): Scale {
  const { maxTicks = 6, start = 'visible', tight = false } = options;
  const isNarrow = Math.min(...values) > (1 - MIN_VISIBLE_RANGE) * Math.max(...values) && Math.min(...values) > 0;
  const hasDifferences = Math.max(...values) - Math.min(...values) > MIN_RELATIVE_RANGE * Math.max(...values, 1e-3);
  const isCut = start === 'first' || (start === 'visible' && isNarrow && hasDifferences);
  const all = isCut ? values : [0, ...values];
  const [min, max] = [Math.min(...all), Math.max(...all)];
  const hasRange = max - min > MIN_RELATIVE_RANGE * Math.max(Math.abs(min), Math.abs(max), 1e-3);
  const scale = scaleLinear()
    .domain([min, hasRange ? max : min + 1])
    .nice(maxTicks);
  if (tight && hasRange) scale.domain([scale.domain()[0]!, max]);
  const isWhole = values.every(Number.isInteger);
  const ticks = scale.ticks(maxTicks).filter((value) => !isWhole || Number.isInteger(value));
  const [first] = scale.domain() as [number, number];
  return {
    position: scale,
    ticks: ticks.map((value) => ({ at: scale(value), label: formatTick(value) })),
    ...(start === 'visible' && first > 0 ? { startsAt: formatTick(first) } : {}),
  };
}

/** Creates a scale for the places 1 to `count`, each with as much room as the others. */
export function rankScale(count: number, maxTicks = 10): Scale {
  const scale = scaleLinear().domain([0.5, count + 0.5]);
  const whole = scale.ticks(maxTicks).filter((value) => Number.isInteger(value) && value > 1);
  return { position: scale, ticks: [1, ...whole].map((value) => ({ at: scale(value), label: formatTick(value) })) };
}

/** Share of a logarithmic axis for zero, which has no place on it, and for the gap that says so. */
const ZERO_GAP = 0.12;
/** In a shorter range, 2 and 5 are labelled as well as powers of ten. */
const FEW_DECADES = 2.5;

/** Creates a logarithmic scale. Zero, where it occurs, stands apart at the start. @throws RangeError on a negative value */
export function logScale(values: readonly number[]): Scale {
  if (values.some((value) => value < 0)) throw new RangeError('a negative value has no logarithm');
  const positive = values.filter((value) => value > 0);
  const hasZero = positive.length < values.length;
  const [min, max] = [Math.min(...positive), Math.max(...positive)];
  const scale = scaleLog()
    .domain([min, max])
    .range([hasZero ? ZERO_GAP : 0, 1]);
  const labelled = Math.log10(max / min) < FEW_DECADES ? ['1', '2', '5'] : ['1'];
  const ticks = scale.ticks().map((value): Tick => {
    const [digits] = value.toExponential().split('e') as [string];
    const label = labelled.includes(digits) ? formatTick(value) : '';
    return { at: scale(value), label, ...(digits === '1' ? {} : { minor: true }) };
  });
  return {
    position: (value) => (value === 0 ? 0 : scale(value)),
    ticks: hasZero ? [{ at: 0, label: '0' }, ...ticks] : ticks,
  };
}

const PERCENTILE_TICKS = [0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999];

/**
 * Creates a scale that stretches the rarest percentiles: each further nine takes as much room as the one before.
 * @param values percentiles from 0 to less than 100
 */
export function percentileScale(values: readonly number[]): Scale {
  const rarity = (percentile: number) => 100 / (100 - percentile);
  const scale = scaleLog().domain([1, Math.max(...[50, ...values].map(rarity))]);
  const position = (percentile: number) => scale(rarity(percentile));
  const ticks = PERCENTILE_TICKS.map((value) => ({ at: position(value), label: String(value) }));
  return { position, ticks: ticks.filter(({ at }) => at <= 1 + 1e-9) };
}

/** Ratio of the largest to the smallest value from which a linear scale would crowd most values into a corner. */
const LOG_SCALE_RATIO = 15;

/** Creates a logarithmic scale for values over a wide range, otherwise a linear one. */
export function chooseScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const isWide = positive.length > 2 && Math.max(...positive) / Math.min(...positive) >= LOG_SCALE_RATIO;
  return isWide && values.every((value) => value >= 0) ? logScale(values) : linearScale(values, { start: 'first' });
}

function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.0001 || size >= 1e6)) return value.toExponential().replace('e+', 'e');
  return String(Number(value.toPrecision(12))).replace(/\B(?=(\d{3})+$)/, size >= 10_000 ? ' ' : '');
}
