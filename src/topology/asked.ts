import type { Path } from './path.ts';
import type { Reading } from './reading.ts';
import { quality as schemas } from './schema/index.ts';
import type { Quality } from './topology.ts';
import { formatChance, formatRate, formatTime } from './units.ts';
import { quote } from './wording.ts';

export type QualityKey = keyof Quality;

/** What is asked of packets, key by key, and where in the file each key is. 0 takes back what is asked in general. */
export type Asked = { readonly [Key in QualityKey]?: { readonly value: number; readonly path: Path } };

/** In the order that results have them. */
export const QUALITY_KEYS = Object.keys(schemas) as QualityKey[];

const FORMATS: Record<QualityKey, (value: number) => string> = {
  delay: formatTime,
  jitter: formatTime,
  loss: formatChance,
  rate: formatRate,
  duplicate: formatChance,
  reorder: formatChance,
  corrupt: formatChance,
};

/** A quantity as people write it: `50ms`, `1%`, `none`. */
export function formatAsked(key: QualityKey, value: number): string {
  return value === 0 ? 'none' : FORMATS[key](value);
}

/** A parsed map with keys of a quality, among others or not. */
export type QualityMap = { [Key in QualityKey]?: number | undefined };

/**
 * What a parsed map asks for; undefined when it asks for nothing.
 *
 * @param path of the map
 */
export function askedIn(map: QualityMap | undefined, path: Path): Asked | undefined {
  const keys = QUALITY_KEYS.filter((key) => map?.[key] !== undefined);
  if (keys.length === 0) return undefined;
  return Object.fromEntries(keys.map((key) => [key, { value: map![key]!, path: [...path, key] }]));
}

/** The general one, with the keys of the special one put over it. */
export function overlay(general: Asked | undefined, special: Asked | undefined): Asked | undefined {
  return general === undefined || special === undefined ? (special ?? general) : { ...general, ...special };
}

/** As a result has it; undefined when nothing is left. Notes what cannot be had together. */
export function settle(reading: Reading, asked: Asked, from: string, to: string): Quality | undefined {
  const { delay, jitter, reorder } = asked;
  const way = `from ${quote(from)} to ${quote(to)}`;
  for (const [key, part] of Object.entries({ jitter, reorder })) {
    if (part === undefined || part.value === 0 || (delay && delay.value > 0)) continue;
    reading.mistake(part.path, `expected a delay beside ${key}, got none ${way}`, {
      hint: key === 'jitter' ? 'jitter is how much a delay varies' : 'packets overtake others by skipping the delay',
    });
  }
  if (jitter && delay && delay.value > 0 && jitter.value > delay.value) {
    const most = `the delay ${way}, ${formatTime(delay.value)} (${reading.where(delay.path)})`;
    reading.mistake(jitter.path, `expected a jitter of at most ${most}, got ${formatTime(jitter.value)}`);
  }
  const quality = Object.fromEntries(
    QUALITY_KEYS.flatMap((key) => (asked[key] && asked[key].value > 0 ? [[key, asked[key].value]] : [])),
  );
  return Object.keys(quality).length === 0 ? undefined : quality;
}
