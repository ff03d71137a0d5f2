import { RecentMaximum } from './recent-maximum.ts';

/** Time for which an observation counts: clocks drift, and an engine's clock may be set. */
const PERIOD_MS = 60_000;

/**
 * The engine's clock, as far as its log lines tell: a line was stamped before it arrived, so that the engine's time at its arrival
 * was at least its stamp. The result is never ahead of the engine's clock by more than that clock was set back, and behind it
 * by the shortest time that a line took. This process's own clock, which may be seconds or hours off, is not asked for the
 * time of day.
 */
export class EngineClock {
  /** Difference between a stamp and the arrival. */
  readonly #offset = new RecentMaximum(PERIOD_MS);

  /**
   * Takes note of a line.
   * @param stampMs the engine's time of the line, milliseconds since the epoch
   * @param now milliseconds of a clock that does not go back
   */
  observe(stampMs: number, now: number): void {
    this.#offset.observe(stampMs - now, now);
  }

  /** Returns the engine's time, milliseconds since the epoch; undefined before the first line. */
  at(now: number): number | undefined {
    const offset = this.#offset.value;
    return offset === undefined ? undefined : now + offset;
  }
}
