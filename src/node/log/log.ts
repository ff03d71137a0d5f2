import { truncate } from '../../shared/text.ts';
import { createMonotonicTimestamp } from '../../shared/time/monotonic-timestamp.ts';
import { type RateLimit, TokenBucket } from '../limits/token-bucket.ts';

/** Levels of log lines, from noisy to quiet. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** Level of a log line. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Fields of a log line besides its event. Strings of more than 256 characters are cut. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** Writes events, with one function for each level. */
export type Log = Record<LogLevel, (event: string, fields?: LogFields) => void>;

/** Characters of a string that a log line holds; a longer one ends with `…`. */
export const MAX_STRING_LENGTH = 256;

/** Limits how often each event is logged, so that nobody can fill a disk from outside. */
const EVENT_RATE_LIMITS: Record<LogLevel, RateLimit> = {
  debug: { rate: 10_000, burst: 100_000 },
  // More than the seen cache sustains, so measurements from logs are complete.
  info: { rate: 2_000, burst: 10_000 },
  warn: { rate: 1, burst: 20 },
  error: { rate: 1, burst: 20 },
};

/** Options of {@link createLog}. */
export interface LogOptions {
  /** Name of the node, in every line. */
  node: string;
  /** Lowest level that is written. */
  level: LogLevel;
  /** Writes one line, which includes its newline. */
  write: (line: string) => void;
  /** Returns the time as UTC text, each later than the one before. @default the system's, with microseconds */
  time?: () => string;
  /** Returns milliseconds of a clock that does not go back. @default performance.now */
  now?: () => number;
}

/**
 * Returns a log of one JSON object a line: `time`, `level`, `event`, `node`, then the fields. Events beyond their rate
 * limit are left out, and the next line of the same event says how many in `suppressed`.
 */
export function createLog(options: LogOptions): Log {
  const { node, write, time = createMonotonicTimestamp(), now = () => performance.now() } = options;
  const lowest = LOG_LEVELS.indexOf(options.level);
  const events = new Map<string, { bucket: TokenBucket; suppressed: number }>();

  const logAt = (level: LogLevel) => {
    if (LOG_LEVELS.indexOf(level) < lowest) return () => {};
    return (event: string, fields?: LogFields) => {
      let state = events.get(event);
      if (state === undefined) {
        state = { bucket: new TokenBucket(EVENT_RATE_LIMITS[level], now()), suppressed: 0 };
        events.set(event, state);
      }
      if (!state.bucket.tryTake(now())) {
        state.suppressed++;
        return;
      }
      const suppressed = state.suppressed === 0 ? undefined : state.suppressed;
      state.suppressed = 0;
      write(`${JSON.stringify({ time: time(), level, event, node, ...fields, suppressed }, truncateStrings)}\n`);
    };
  };
  return { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') };
}

function truncateStrings(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? truncate(value, MAX_STRING_LENGTH) : value;
}
