import { raceSignal } from './race-signal.ts';

/** Waits some milliseconds; rejects with the signal's reason as soon as that aborts. */
export async function abortableSleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await raceSignal(
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, milliseconds);
      }),
      signal,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** How long to look, and how often, in milliseconds. */
export interface PollOptions {
  timeoutMs: number;
  intervalMs: number;
  signal: AbortSignal;
  /** What no further look can mend. */
  isFatal?: (cause: unknown) => boolean;
}

/** How a wait ended: with what was waited for, or with what was seen instead. */
export type PollResult<T> = { met: true; value: T } | ({ met: false; attempts: number } & LastAttempt<T>);

interface LastAttempt<T> {
  /** What the last look saw; undefined where it threw. */
  last?: T;
  /** What it threw. */
  failure?: unknown;
  /** The look after it came to no end: for how long, milliseconds. */
  hungMs?: number;
}

/**
 * Looks again and again until what it sees is accepted, at least once and at most `timeout` milliseconds long. A look that
 * throws is one that was not accepted, unless what it throws is `fatal`.
 */
export async function poll<T>(
  look: () => Promise<T> | T,
  accept: (seen: T) => boolean,
  { timeoutMs: timeout, intervalMs: every, signal, isFatal: fatal = () => false }: PollOptions,
): Promise<PollResult<T>> {
  const deadline = Date.now() + timeout;
  let seen: LastAttempt<T> = {};
  for (let looks = 1; ; looks++) {
    const began = Date.now();
    // A look that hangs must not outlast the wait; the first one gets a moment however short that is.
    const over = AbortSignal.timeout(Math.max(looks === 1 ? every : 1, deadline - began));
    try {
      const value = await raceSignal((async () => look())(), AbortSignal.any([signal, over]));
      if (accept(value)) return { met: true, value };
      seen = { last: value };
    } catch (cause) {
      signal.throwIfAborted();
      const hung = cause === over.reason;
      if (!hung && fatal(cause)) throw cause;
      seen = hung ? { ...seen, hungMs: Date.now() - began } : { failure: cause };
    }
    const left = deadline - Date.now();
    if (left <= 0) return { met: false, attempts: looks, ...seen };
    await abortableSleep(Math.min(every, left), signal);
  }
}
