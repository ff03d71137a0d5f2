/** The last second that was parsed: most times are of the same second as the one before. */
let [second, secondMs] = ['', 0];

/** Returns the milliseconds since the epoch of a time with microseconds: ISO 8601, UTC. */
export function toMs(time: string): number {
  const whole = time.slice(0, 19);
  if (whole !== second) [second, secondMs] = [whole, Date.parse(`${whole}Z`)];
  return secondMs + Number(time.slice(19, -1) || 0) * 1_000;
}

/** Formats a moment as the local time of day: `14:03:07.125`. */
export function formatClock(atMs: number, withMilliseconds = true): string {
  const date = new Date(atMs);
  const two = (number: number) => String(number).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return withMilliseconds ? `${clock}.${String(Math.floor(date.getMilliseconds())).padStart(3, '0')}` : clock;
}

/** Formats a span of time: `850 ms`, `12.3 s`, `4 min 10 s`. */
export function formatSpan(ms: number): string {
  if (ms < 1_000) return `${Number(ms.toPrecision(3))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}
