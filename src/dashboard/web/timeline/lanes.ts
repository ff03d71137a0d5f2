import type { FaultSpan } from '../state/recorded-run.ts';

/** Rows of bands; where more faults overlap, the last row holds several. */
export const MAX_LANES = 4;

/** Gives each fault a row in which it overlaps no other, as far as there are rows. @returns row of each fault */
export function assignLanes(faults: readonly FaultSpan[]): number[] {
  const ends: number[] = [];
  return faults.map(({ fromMs, toMs = Number.POSITIVE_INFINITY }) => {
    const free = ends.findIndex((end) => end <= fromMs);
    const lane = free >= 0 ? free : Math.min(ends.length, MAX_LANES - 1);
    ends[lane] = Math.max(ends[lane] ?? 0, toMs);
    return lane;
  });
}
