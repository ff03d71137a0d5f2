import { InvalidArgumentError } from 'commander';

const EXPECTED =
  'Expected a time ago, as in 10m or 1h30m, a date, as in 2026-01-31T12:00:00Z, or Unix seconds, as in 1769860800.5.';

const SECONDS_PER_UNIT: Record<string, number> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
};
const TIME_AGO = /^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h|d))+$/;
const UNIX_SECONDS = /^\d+(?:\.\d{1,9})?$/;
/** A date, and a time of which the end may be left out; without `Z` or an offset, in the local time zone. */
const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d)(?::(\d\d)(?::(\d\d)(\.\d{1,9})?)?)?)?([Zz]|[+-]\d\d:\d\d)?$/;
/** Unix seconds of 1973 and of the year 5138: a number outside is meant as something else. */
const MIN_UNIX_SECONDS = 1e8;
const MAX_UNIX_SECONDS = 1e11;

/** A time in a log: so many seconds before now, or a moment in seconds since the epoch. */
export type LogTime = { ago: number } | { at: number };

/**
 * Parses a time as `docker logs --since` does: a time ago in Go's notation (`10m`, `1h30m`, and days), a date of RFC 3339, whole
 * or shortened, or Unix seconds with up to nine decimals.
 * @throws InvalidArgumentError
 */
export function parseLogTime(text: string): LogTime {
  if (TIME_AGO.test(text)) return { ago: secondsIn(text) };
  if (UNIX_SECONDS.test(text)) return { at: parseUnixSeconds(text) };
  const at = parseDate(text);
  if (at === undefined) throw new InvalidArgumentError(EXPECTED);
  return { at };
}

/** Returns a time in seconds since the epoch. @param now seconds since the epoch, by the clock that the log is written by */
export function resolveLogTime(time: LogTime, now: number): number {
  return 'at' in time ? time.at : now - time.ago;
}

function secondsIn(text: string): number {
  return [...text.matchAll(/([\d.]+)([^\d.]+)/g)].reduce(
    (total, [, number, unit]) => total + Number(number) * (SECONDS_PER_UNIT[unit as string] as number),
    0,
  );
}

function parseUnixSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds === 0 || (seconds >= MIN_UNIX_SECONDS && seconds < MAX_UNIX_SECONDS)) return seconds;
  const meant =
    seconds < MIN_UNIX_SECONDS
      ? `A number is Unix seconds: write ${text}s for ${text} seconds ago.`
      : 'A number is Unix seconds, not milliseconds.';
  throw new InvalidArgumentError(meant);
}

/** Returns undefined for text that is no date, and for dates that there are not, such as February 30. */
function parseDate(text: string): number | undefined {
  const match = DATE.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = ''] = match;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const asWritten = Date.parse(`${iso}Z`);
  // Date takes February 30 for March 2.
  if (Number.isNaN(asWritten) || !new Date(asWritten).toISOString().startsWith(iso)) return undefined;
  const milliseconds = Date.parse(`${iso}${zone.toUpperCase()}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1_000 + Number(`0${fraction}`);
}
