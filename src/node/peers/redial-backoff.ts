/**
 * Milliseconds to wait before dialing again after `failures` dials in a row that did not hold (1 or more): anywhere
 * from nothing to `min` doubled with each failure, at most `max`. The full jitter keeps the peers of a node that
 * comes back from all dialing it in the same moment. `random` is from 0 up to 1.
 */
export function redialDelayMs(failures: number, { min, max }: { min: number; max: number }, random: number): number {
  const ceiling = Math.min(max, min * 2 ** Math.min(failures - 1, 32));
  return Math.max(1, Math.round(random * ceiling));
}
