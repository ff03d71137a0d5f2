/** Rows of bands; where more overlap, the last row holds several. */
export const MAX_LANES = 4;

/** Gives each band a row in which it overlaps no other, as far as there are rows. @returns row of each band */
export function assignLanes(bands: readonly { fromMs: number; toMs?: number }[]): number[] {
  const ends: number[] = [];
  return bands.map(({ fromMs, toMs = Number.POSITIVE_INFINITY }) => {
    const free = ends.findIndex((end) => end <= fromMs);
    const lane = free >= 0 ? free : Math.min(ends.length, MAX_LANES - 1);
    ends[lane] = Math.max(ends[lane] ?? 0, toMs);
    return lane;
  });
}
