import { formatTime, milliseconds } from '../topology/units.ts';
import type { Rate } from './step.ts';

/** Longest time in a scenario, milliseconds: a week. */
export const MAX_SPAN = 7 * 24 * 3_600_000;

/** A time as a piece of a pattern. Minutes may be spelled out, as people do where an `m` could be anything. */
export const SPAN = String.raw`\d+(?:\.\d+)? ?(?:ms|s|min|m|h)`;

/** A text that is a time. */
export const WHOLE_SPAN = /^\d+(?:\.\d+)? ?(?:us|ms|s|min|m|h)$/;

/** Whole milliseconds; undefined when the text is no time, or a longer one than {@link MAX_SPAN}. */
export function readSpan(text: string): number | undefined {
  if (!WHOLE_SPAN.test(text)) return undefined;
  const span = Math.round(milliseconds(text.replace(/min$/, 'm')) ?? Number.NaN);
  return span <= MAX_SPAN ? span : undefined;
}

/** `2/min`, `1/10s`. */
export const RATE = /^(\d+(?:\.\d+)?) ?\/ ?(\d+(?:\.\d+)?)? ?(ms|s|min|m|h)$/;

/** Undefined when the text is no rate, or one of nothing. */
export function readRate(text: string): Rate | undefined {
  const [, count, amount, unit] = RATE.exec(text) ?? [];
  const per = unit === undefined ? undefined : readSpan(`${amount ?? 1}${unit}`);
  return per === undefined || per === 0 || Number(count) === 0 ? undefined : { count: Number(count), per };
}

/** A time from the start, as it would be written: `0s`, `10s`, `1500ms`. */
export function formatSpan(span: number): string {
  return span === 0 ? '0s' : formatTime(span);
}
