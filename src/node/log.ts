import { type Allowance, Bucket } from './bucket.ts';
import { createMicrotime } from './microtime.ts';

/** From noisy to quiet. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** What a line says beside its event. Strings that others sent are cut; see {@link MAX_STRING}. */
export type Fields = Record<string, string | number | boolean | null | undefined>;

/** Writes events; one function for each level. */
export type Log = Record<Level, (event: string, fields?: Fields) => void>;

/** Characters of a string that get into a line; a longer one ends with `…`. */
export const MAX_STRING = 256;

/** How often each event may be logged, so that nobody can fill a disk from outside. */
const ALLOWANCES: Record<Level, Allowance> = {
  debug: { rate: 10_000, burst: 100_000 },
  // Above what the memory for gossip ids sustains, so measurements from logs are complete.
  info: { rate: 2_000, burst: 10_000 },
  warn: { rate: 1, burst: 20 },
  error: { rate: 1, burst: 20 },
};

/** Where a log goes and what is in all of its lines. */
export interface LogOptions {
  node: string;
  level: Level;
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
  const { node, write, time = createMicrotime(), now = () => performance.now() } = options;
  const shown = LEVELS.indexOf(options.level);
  const events = new Map<string, { bucket: Bucket; suppressed: number }>();

  const logAt = (level: Level) => {
    if (LEVELS.indexOf(level) < shown) return () => {};
    return (event: string, fields?: Fields) => {
      let seen = events.get(event);
      if (seen === undefined) {
        seen = { bucket: new Bucket(ALLOWANCES[level], now()), suppressed: 0 };
        events.set(event, seen);
      }
      if (!seen.bucket.take(now())) {
        seen.suppressed++;
        return;
      }
      const suppressed = seen.suppressed === 0 ? undefined : seen.suppressed;
      seen.suppressed = 0;
      write(`${JSON.stringify({ time: time(), level, event, node, ...fields, suppressed }, cut)}\n`);
    };
  };
  return { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') };
}

function cut(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > MAX_STRING ? `${value.slice(0, MAX_STRING)}…` : value;
}
