import { textWidth } from '../../graph-drawing/layout/text-width.ts';
import { NEVER } from '../metrics/metrics.ts';
import { FONT_SIZE_PX } from './plot-document.ts';
import { type LinearScaleOptions, linearScale, type Scale, type Tick } from './scale.ts';

/** Space between two labels of an axis. */
export const LABEL_GAP_PX = 8;

/**
 * Creates a linear scale for values of which some may be infinite: these have a place of their own at the end.
 * @param share of the axis for finite values, where some are infinite
 */
export function valueScale(values: readonly number[], share: number, options: LinearScaleOptions = {}): Scale {
  const finite = values.filter(Number.isFinite);
  const scale = linearScale(finite.length === 0 ? [0, 1] : finite, options);
  if (finite.length === values.length) return scale;
  const never = (1 + share) / 2;
  const ticks = finite.length === 0 ? [] : scale.ticks.map((tick) => ({ ...tick, at: tick.at * share }));
  return {
    ...scale,
    position: (value) => (Number.isFinite(value) ? scale.position(value) * share : never),
    ticks: [...ticks, { at: never, label: NEVER }],
  };
}

/** Returns the ticks whose labels have room beside those before them, on a horizontal axis. */
export function labelsWithRoom(ticks: readonly Tick[], width: number): Tick[] {
  let labelledTo = Number.NEGATIVE_INFINITY;
  return ticks.filter(({ at, label }) => {
    const half = textWidth(label, FONT_SIZE_PX) / 2;
    if (label === '' || at * width - half < labelledTo) return false;
    labelledTo = at * width + half + LABEL_GAP_PX;
    return true;
  });
}
