import { raceSignal } from './race-signal.ts';

/**
 * Resolves after some milliseconds, never earlier, or rejects with the signal's reason as soon as it aborts. A plain timer counts
 * in whole milliseconds, and so fires up to one too early.
 */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + milliseconds;
  let timer: NodeJS.Timeout | undefined;
  try {
    await raceSignal(
      new Promise<void>((resolve) => {
        const wake = () => {
          const leftMs = end - performance.now();
          if (leftMs > 0) timer = setTimeout(wake, Math.ceil(leftMs));
          else resolve();
        };
        timer = setTimeout(wake, milliseconds);
      }),
      signal,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Options of {@link poll}. */
export interface PollOptions {
  /** Longest total wait, milliseconds. */
  timeoutMs: number;
  /** Pause between two attempts, milliseconds. */
  intervalMs: number;
  signal: AbortSignal;
  /**
   * True for an error that no further attempt can fix.
   * @default never
   */
  isFatal?: (cause: unknown) => boolean;
}

/** Result of {@link poll}: the accepted value, or the last attempt. */
export type PollResult<T> = { met: true; value: T } | ({ met: false; attempts: number } & LastAttempt<T>);

interface LastAttempt<T> {
  /** Value of the last attempt; undefined if it threw. */
  last?: T;
  /** Error of the last attempt. */
  failure?: unknown;
  /** Duration of a final attempt that did not finish, milliseconds. */
  hungMs?: number;
}

/**
 * Calls `attempt` until `accept` returns true or `timeoutMs` passes, at least once. An error counts as a failed attempt, unless
 * `isFatal` says otherwise.
 *
 * @throws the reason of the signal, or a fatal error
 */
export async function poll<T>(
  attempt: () => Promise<T> | T,
  accept: (value: T) => boolean,
  { timeoutMs, intervalMs, signal, isFatal = () => false }: PollOptions,
): Promise<PollResult<T>> {
  const deadline = performance.now() + timeoutMs;
  let last: LastAttempt<T> = {};
  for (let attempts = 1; ; attempts++) {
    const startedAt = performance.now();
    // An attempt that hangs must not outlast the deadline; the first one gets at least one interval.
    const late = new AbortController();
    const isOver = new AbortController();
    const limitMs = Math.max(attempts === 1 ? intervalMs : 0, deadline - startedAt);
    void sleep(limitMs, isOver.signal).then(
      () => late.abort(),
      () => {},
    );
    try {
      const value = await raceSignal((async () => attempt())(), AbortSignal.any([signal, late.signal]));
      if (accept(value)) return { met: true, value };
      last = { last: value };
    } catch (cause) {
      signal.throwIfAborted();
      const hung = cause === late.signal.reason;
      if (!hung && isFatal(cause)) throw cause;
      last = hung ? { ...last, hungMs: Math.round(performance.now() - startedAt) } : { failure: cause };
    } finally {
      isOver.abort();
    }
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return { met: false, attempts, ...last };
    await sleep(Math.min(intervalMs, leftMs), signal);
  }
}
