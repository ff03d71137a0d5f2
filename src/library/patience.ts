import { abortable } from '../devnet/abortable.ts';

/** Waits some milliseconds; rejects with the signal's reason as soon as that aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await abortable(
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
export interface Pace {
  timeout: number;
  every: number;
  signal: AbortSignal;
  /** What no further look can mend. */
  fatal?: (cause: unknown) => boolean;
}

/** How a wait ended: with what was waited for, or with what was seen instead. */
export type Outcome<T> = { met: true; value: T } | ({ met: false; looks: number } & Seen<T>);

interface Seen<T> {
  /** What the last look saw; undefined where it threw. */
  last?: T;
  /** What it threw. */
  failure?: unknown;
  /** The look after it came to no end: for how long, milliseconds. */
  hung?: number;
}

/**
 * Looks again and again until what it sees is accepted, at least once and at most `timeout` milliseconds long. A look that
 * throws is one that was not accepted, unless what it throws is `fatal`.
 */
export async function poll<T>(
  look: () => Promise<T> | T,
  accept: (seen: T) => boolean,
  { timeout, every, signal, fatal = () => false }: Pace,
): Promise<Outcome<T>> {
  const deadline = Date.now() + timeout;
  let seen: Seen<T> = {};
  for (let looks = 1; ; looks++) {
    const began = Date.now();
    // A look that hangs must not outlast the wait; the first one gets a moment however short that is.
    const over = AbortSignal.timeout(Math.max(looks === 1 ? every : 1, deadline - began));
    try {
      const value = await abortable((async () => look())(), AbortSignal.any([signal, over]));
      if (accept(value)) return { met: true, value };
      seen = { last: value };
    } catch (cause) {
      signal.throwIfAborted();
      if (fatal(cause)) throw cause;
      seen = cause === over.reason ? { ...seen, hung: Date.now() - began } : { failure: cause };
    }
    const left = deadline - Date.now();
    if (left <= 0) return { met: false, looks, ...seen };
    await pause(Math.min(every, left), signal);
  }
}
