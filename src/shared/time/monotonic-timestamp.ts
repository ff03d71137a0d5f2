/** Most that the steady clock may differ from the wall clock, which ticks in whole milliseconds. */
export const MAX_CLOCK_DIFFERENCE_MS = 2;

/**
 * Returns a function that returns the time as UTC text with microseconds, `2026-11-22T14:36:21.123456Z`, each later
 * than the one before, so that lines sorted by time are in order. It follows the steady clock from where the wall clock
 * was, and starts over from the wall clock when that is set.
 *
 * @param wall milliseconds of the wall clock @param steady milliseconds of a clock that does not go back
 * @param origin the wall clock's time when the steady clock was 0
 */
export function createMonotonicTimestamp(
  wall: () => number = Date.now,
  steady: () => number = () => performance.now(),
  origin: number = performance.timeOrigin,
): () => string {
  let offset = origin;
  let last = 0;
  return () => {
    const real = wall();
    if (Math.abs(offset + steady() - real) > MAX_CLOCK_DIFFERENCE_MS) offset = real + 0.5 - steady();
    last = Math.max(last + 1, Math.floor((offset + steady()) * 1_000));
    const millis = Math.floor(last / 1_000);
    const micros = String(last - millis * 1_000).padStart(3, '0');
    return `${new Date(millis).toISOString().slice(0, -1)}${micros}Z`;
  };
}
