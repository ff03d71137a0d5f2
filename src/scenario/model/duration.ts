import { formatTime, parseMilliseconds } from '../../topology/model/units.ts';
import type { EventRate } from './scenario.ts';

/** Longest time in a scenario, milliseconds: a week. */
export const MAX_DURATION_MS = 7 * 24 * 3_600_000;

/** A time as a piece of a pattern. Minutes may be spelled out, as people do where an `m` could be anything. */
export const DURATION_SOURCE = String.raw`\d+(?:\.\d+)? ?(?:ms|s|min|m|h)`;

/** A text that is a time. */
export const DURATION_PATTERN = /^\d+(?:\.\d+)? ?(?:us|ms|s|min|m|h)$/;

/** Whole milliseconds; undefined when the text is no time, or a longer one than {@link MAX_DURATION_MS}. */
export function parseDurationMs(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined;
  const span = Math.round(parseMilliseconds(text.replace(/min$/, 'm')) ?? Number.NaN);
  return span <= MAX_DURATION_MS ? span : undefined;
}

/** `2/min`, `1/10s`. */
export const EVENT_RATE_PATTERN = /^(\d+(?:\.\d+)?) ?\/ ?(\d+(?:\.\d+)?)? ?(ms|s|min|m|h)$/;

/** Undefined when the text is no rate, or one of nothing. */
export function parseEventRate(text: string): EventRate | undefined {
  const [, count, amount, unit] = EVENT_RATE_PATTERN.exec(text) ?? [];
  const per = unit === undefined ? undefined : parseDurationMs(`${amount ?? 1}${unit}`);
  return per === undefined || per === 0 || Number(count) === 0 ? undefined : { count: Number(count), per };
}

/** A time from the start, as it would be written: `0s`, `10s`, `1500ms`. */
export function formatScheduleTime(span: number): string {
  return span === 0 ? '0s' : formatTime(span);
}
