/** Midnight of the last date that was parsed. */
let [date, midnightMs] = ['', 0];

/**
 * Parses a time of an engine, RFC 3339 with up to nine digits after the second, to milliseconds since the epoch with fraction. Ten
 * times as fast as Date.parse for times in UTC, which would take longer than all else that is done with a line of a log.
 */
export function parseEngineTime(time: string): number {
  if (!time.endsWith('Z')) return Date.parse(time);
  if (!time.startsWith(date) || date === '') {
    date = time.slice(0, 10);
    midnightMs = Date.parse(`${date}T00:00:00Z`);
  }
  const two = (at: number) => (time.charCodeAt(at) - 48) * 10 + time.charCodeAt(at + 1) - 48;
  let nanoseconds = 0;
  let unit = 100_000_000;
  for (let at = 20; at < time.length - 1; at++, unit /= 10) nanoseconds += (time.charCodeAt(at) - 48) * unit;
  return midnightMs + (two(11) * 3_600 + two(14) * 60 + two(17)) * 1_000 + nanoseconds / 1_000_000;
}
