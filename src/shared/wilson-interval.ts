/** Standard normal quantile of a two-sided 95 % interval. */
export const Z_95 = 1.959964;

/**
 * Returns the 95 % interval of a share that was seen in `trials` independent trials (Wilson's score interval; Brown, Cai and
 * DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16, 2001). Unlike the normal approximation
 * it stays between 0 and 1, and has a width where the share is 0 or 1.
 * @param share from 0 to 1
 */
export function wilsonInterval(share: number, trials: number): { low: number; high: number } {
  const scale = 1 + Z_95 ** 2 / trials;
  const centre = (share + Z_95 ** 2 / (2 * trials)) / scale;
  const margin = (Z_95 * Math.sqrt((share * (1 - share)) / trials + Z_95 ** 2 / (4 * trials ** 2))) / scale;
  // At 0 and 1 the ends are exact, but for rounding.
  return { low: share === 0 ? 0 : Math.max(0, centre - margin), high: share === 1 ? 1 : Math.min(1, centre + margin) };
}
