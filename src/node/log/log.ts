import { truncate } from '../../shared/text.ts';
import { type RateLimit, TokenBucket } from '../limits/token-bucket.ts';
import { createMonotonicTimestamp } from './monotonic-timestamp.ts';

/** From noisy to quiet. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a line says beside its event. Strings that others sent are cut; see {@link MAX_STRING_LENGTH}. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** Writes events; one function for each level. */
export type Log = Record<LogLevel, (event: string, fields?: LogFields) => void>;

/** Characters of a string that get into a line; a longer one ends with `…`. */
export const MAX_STRING_LENGTH = 256;

/** How often each event may be logged, so that nobody can fill a disk from outside. */
const EVENT_RATE_LIMITS: Record<LogLevel, RateLimit> = {
  debug: { rate: 10_000, burst: 100_000 },
  // Above what the memory for gossip ids sustains, so measurements from logs are complete.
  info: { rate: 2_000, burst: 10_000 },
  warn: { rate: 1, burst: 20 },
  error: { rate: 1, burst: 20 },
};

/** Where a log goes and what is in all of its lines. */
export interface LogOptions {
  node: string;
  level: LogLevel;
  /** Takes one line, with its newline. */
  write: (line: string) => void;
  /** UTC text; each later than the one before. */
  time?: () => string;
  /** Milliseconds that do not go back. */
  now?: () => number;
}

/**
 * A log of one JSON object a line: `time`, `level`, `event`, `node`, then the fields. When an event comes too often,
 * lines are left out, and the next one that is not says how many in `suppressed`.
 */
export function createLog(options: LogOptions): Log {
  const { node, write, time = createMonotonicTimestamp(), now = () => performance.now() } = options;
  const shown = LOG_LEVELS.indexOf(options.level);
  const events = new Map<string, { bucket: TokenBucket; suppressed: number }>();

  const logAt = (level: LogLevel) => {
    if (LOG_LEVELS.indexOf(level) < shown) return () => {};
    return (event: string, fields?: LogFields) => {
      let seen = events.get(event);
      if (seen === undefined) {
        seen = { bucket: new TokenBucket(EVENT_RATE_LIMITS[level], now()), suppressed: 0 };
        events.set(event, seen);
      }
      if (!seen.bucket.tryTake(now())) {
        seen.suppressed++;
        return;
      }
      const suppressed = seen.suppressed === 0 ? undefined : seen.suppressed;
      seen.suppressed = 0;
      write(`${JSON.stringify({ time: time(), level, event, node, ...fields, suppressed }, truncateStrings)}\n`);
    };
  };
  return { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') };
}

function truncateStrings(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? truncate(value, MAX_STRING_LENGTH) : value;
}
