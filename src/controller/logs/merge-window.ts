import { RecentMaximum } from './recent-maximum.ts';

const MAX_DEFAULT_WINDOW_MS = 300;
/** The window is so much longer than the slowest line took: the next one may take longer. */
const WINDOW_FACTOR = 2;
const WINDOW_MARGIN_MS = 20;
/** Time for which a slow line counts. */
const LAG_PERIOD_MS = 10_000;
/** Lines that come later than this, or than the window, are late. */
const MIN_LAG_MS = 50;

/** Age at which lines are shown, so that earlier ones of other nodes come before them. */
export class MergeWindow {
  readonly #chosenMs: number | undefined;
  /** Time from a line to its arrival, of lines that came as they were written. */
  readonly #lag = new RecentMaximum(LAG_PERIOD_MS);

  /** @param chosenMs the length that the reader wants; undefined: as long as lines take */
  constructor(chosenMs: number | undefined) {
    this.#chosenMs = chosenMs;
  }

  /** Length, milliseconds. */
  get ms(): number {
    if (this.#chosenMs !== undefined) return this.#chosenMs;
    const lagMs = this.#lag.value ?? MAX_DEFAULT_WINDOW_MS;
    return Math.min(MAX_DEFAULT_WINDOW_MS, WINDOW_FACTOR * lagMs + WINDOW_MARGIN_MS);
  }

  /** A node whose lines come later than this is not up to date, milliseconds. */
  get maxLagMs(): number {
    return Math.max(this.#chosenMs ?? MAX_DEFAULT_WINDOW_MS, MIN_LAG_MS);
  }

  /** @param now milliseconds of a clock that does not go back */
  observeLag(lagMs: number, now: number): void {
    this.#lag.observe(lagMs, now);
  }
}
