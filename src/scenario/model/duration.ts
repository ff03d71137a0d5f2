import { formatTime, parseMilliseconds } from '../../topology/model/units.ts';
import type { EventRate } from './scenario.ts';

/** Longest duration in a scenario, milliseconds: one week. */
export const MAX_DURATION_MS = 7 * 24 * 3_600_000;

/** Source of {@link DURATION_PATTERN}, for longer patterns. Also accepts `min`, because an `m` is easy to misread. */
export const DURATION_SOURCE = String.raw`\d+(?:\.\d+)? ?(?:us|ms|s|min|m|h)`;

export const DURATION_PATTERN = new RegExp(`^${DURATION_SOURCE}$`);

/** Parses `10s` into whole milliseconds; undefined when the text is no duration, or longer than {@link MAX_DURATION_MS}. */
export function parseDurationMs(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined;
  const duration = Math.round(parseMilliseconds(text.replace(/min$/, 'm')) ?? Number.NaN);
  return duration <= MAX_DURATION_MS ? duration : undefined;
}

/** `2/min`, `1/10s`. */
export const EVENT_RATE_PATTERN = /^(\d+(?:\.\d+)?) ?\/ ?(\d+(?:\.\d+)?)? ?(ms|s|min|m|h)$/;

/** Parses `2/m` or `1/10s`; undefined when the text is no rate, or a rate of zero. */
export function parseEventRate(text: string): EventRate | undefined {
  const [, count, amount, unit] = EVENT_RATE_PATTERN.exec(text) ?? [];
  const per = unit === undefined ? undefined : parseDurationMs(`${amount ?? 1}${unit}`);
  return per === undefined || per === 0 || Number(count) === 0 ? undefined : { count: Number(count), per };
}

/** Formats a time from the start as a file writes it: `0s`, `10s`, `1500ms`. */
export function formatScheduleTime(milliseconds: number): string {
  return milliseconds === 0 ? '0s' : formatTime(milliseconds);
}
