/**
 * Returns the milliseconds to wait before the next dial: anywhere from 0 to `min`, doubled with each failure up to
 * `max`. The full jitter keeps the peers of a node that comes back from all dialing it at the same moment.
 *
 * @param failures failed dials or brief connections in a row, 1 or more @param random from 0 up to 1
 */
export function redialDelayMs(failures: number, { min, max }: { min: number; max: number }, random: number): number {
  const ceiling = Math.min(max, min * 2 ** Math.min(failures - 1, 32));
  return Math.max(1, Math.round(random * ceiling));
}
