import { quote } from '../document/diagnostic-text.ts';
import type { DocumentPath } from '../document/document-path.ts';
import type { ParseContext } from '../document/parse-context.ts';
import type { LinkConditions } from '../model/topology.ts';
import { formatBitRate, formatPercentage, formatTime } from '../model/units.ts';
import { linkConditionFields as schemas } from '../schema/index.ts';

export type LinkConditionName = keyof LinkConditions;

/** What is asked of packets, key by key, and where in the file each key is. 0 takes back what is asked in general. */
export type ConditionValues = {
  readonly [Key in LinkConditionName]?: { readonly value: number; readonly path: DocumentPath };
};

/** In the order that results have them. */
export const LINK_CONDITION_NAMES = Object.keys(schemas) as LinkConditionName[];

const FORMATTERS: Record<LinkConditionName, (value: number) => string> = {
  delay: formatTime,
  jitter: formatTime,
  loss: formatPercentage,
  rate: formatBitRate,
  duplicate: formatPercentage,
  reorder: formatPercentage,
  corrupt: formatPercentage,
};

/** A quantity as people write it: `50ms`, `1%`, `none`. */
export function formatConditionValue(key: LinkConditionName, value: number): string {
  return value === 0 ? 'none' : FORMATTERS[key](value);
}

/** A parsed map with keys of a quality, among others or not. */
export type ParsedLinkConditions = { [Key in LinkConditionName]?: number | undefined };

/**
 * What a parsed map asks for; undefined when it asks for nothing.
 *
 * @param path of the map
 */
export function conditionValuesOf(
  map: ParsedLinkConditions | undefined,
  path: DocumentPath,
): ConditionValues | undefined {
  const keys = LINK_CONDITION_NAMES.filter((key) => map?.[key] !== undefined);
  if (keys.length === 0) return undefined;
  return Object.fromEntries(keys.map((key) => [key, { value: map![key]!, path: [...path, key] }]));
}

/** The general one, with the keys of the special one put over it. */
export function overrideConditions(
  general: ConditionValues | undefined,
  special: ConditionValues | undefined,
): ConditionValues | undefined {
  return general === undefined || special === undefined ? (special ?? general) : { ...general, ...special };
}

/** As a result has it; undefined when nothing is left. Notes what cannot be had together. */
export function resolveLinkConditions(
  reading: ParseContext,
  asked: ConditionValues,
  from: string,
  to: string,
): LinkConditions | undefined {
  const { delay, jitter, reorder } = asked;
  const way = `from ${quote(from)} to ${quote(to)}`;
  for (const [key, part] of Object.entries({ jitter, reorder })) {
    if (part === undefined || part.value === 0 || (delay && delay.value > 0)) continue;
    reading.report(part.path, `expected a delay beside ${key}, got none ${way}`, {
      hint: key === 'jitter' ? 'jitter is how much a delay varies' : 'packets overtake others by skipping the delay',
    });
  }
  if (jitter && delay && delay.value > 0 && jitter.value > delay.value) {
    const most = `the delay ${way}, ${formatTime(delay.value)} (${reading.formatLocation(delay.path)})`;
    reading.report(jitter.path, `expected a jitter of at most ${most}, got ${formatTime(jitter.value)}`);
  }
  const quality = Object.fromEntries(
    LINK_CONDITION_NAMES.flatMap((key) => (asked[key] && asked[key].value > 0 ? [[key, asked[key].value]] : [])),
  );
  return Object.keys(quality).length === 0 ? undefined : quality;
}
