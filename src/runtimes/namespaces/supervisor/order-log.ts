import type { LogEntry } from '../../../network/log-entry.ts';

/** Time that an entry waits for earlier ones of other nodes, milliseconds: each node's output comes through a pipe of its own. */
const DEFAULT_WINDOW_MS = 300;

/**
 * Puts the entries of a log in the order of their times. Those that are there at once, in the first batch, are sorted; of those
 * that follow, each waits for `windowMs` for earlier ones.
 */
export async function* orderByTime(
  batches: AsyncGenerator<LogEntry[]>,
  windowMs = DEFAULT_WINDOW_MS,
): AsyncGenerator<LogEntry[]> {
  const first = await batches.next();
  if (first.done) return;
  yield first.value.toSorted(compareTimes);
  if (windowMs === 0) yield* batches;
  else yield* delayBatches(batches, windowMs);
}

/** An entry that waits for earlier ones. */
interface WaitingEntry {
  entry: LogEntry;
  /** Time at which it leaves, with all earlier ones, milliseconds since the epoch. */
  dueMs: number;
}

async function* delayBatches(batches: AsyncGenerator<LogEntry[]>, windowMs: number): AsyncGenerator<LogEntry[]> {
  /** In the order of arrival. */
  let waiting: WaitingEntry[] = [];
  let next: Promise<IteratorResult<LogEntry[]>> | undefined = batches.next();
  try {
    while (next !== undefined) {
      const batch: IteratorResult<LogEntry[]> | undefined = await raceDueTime(next, waiting[0]?.dueMs);
      const now = Date.now();
      if (batch !== undefined) {
        next = batch.done ? undefined : batches.next();
        for (const entry of batch.done ? [] : batch.value) waiting.push({ entry, dueMs: now + windowMs });
      }
      const isDue = ({ dueMs }: WaitingEntry) => next === undefined || dueMs <= now;
      const latest = waiting.filter(isDue).reduce((time, { entry }) => (entry.time > time ? entry.time : time), '');
      const leaving = waiting.filter(({ entry }) => entry.time <= latest);
      waiting = waiting.filter(({ entry }) => entry.time > latest);
      if (leaving.length > 0) yield leaving.map(({ entry }) => entry).sort(compareTimes);
    }
  } finally {
    void batches.return(undefined); // It may wait for an entry that never comes.
  }
}

function compareTimes(a: LogEntry, b: LogEntry): number {
  if (a.time === b.time) return 0;
  return a.time < b.time ? -1 : 1;
}

/** @returns undefined when the time came first */
async function raceDueTime<T>(next: Promise<T>, dueTime: number | undefined): Promise<T | undefined> {
  if (dueTime === undefined) return next;
  let timer: NodeJS.Timeout | undefined;
  const due = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, dueTime - Date.now()));
  });
  try {
    return await Promise.race([next, due]);
  } finally {
    clearTimeout(timer);
  }
}
