/** A selection spread evenly, first and last included. */
export function pickEvenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, index) => items[Math.round((index * (items.length - 1)) / (most - 1))]!);
}

/** Most curves that can be told apart in one plot. */
const MAX_CURVES = 7;

/** The cells that one plot has curves of, and what its title adds where it leaves some out. */
export function pickCurves<T>(cells: readonly T[]): { chosen: T[]; some: string } {
  const chosen = pickEvenly(cells, MAX_CURVES);
  return { chosen, some: chosen.length < cells.length ? ` (${chosen.length} of ${cells.length})` : '' };
}
