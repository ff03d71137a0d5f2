import { quote } from '../document/diagnostic-text.ts';
import type { DocumentPath } from '../document/document-path.ts';
import type { ParseContext } from '../document/parse-context.ts';
import type { LinkConditions } from '../model/topology.ts';
import { formatBitRate, formatPercentage, formatTime } from '../model/units.ts';
import { linkConditionFields } from '../schema/index.ts';

export type LinkConditionName = keyof LinkConditions;

/** Declared conditions, each with its path in the file. A value of 0 overrides a more general condition. */
export type ConditionValues = {
  readonly [Key in LinkConditionName]?: { readonly value: number; readonly path: DocumentPath };
};

/** In the order of the results. */
export const LINK_CONDITION_NAMES = Object.keys(linkConditionFields) as LinkConditionName[];

const FORMATTERS: Record<LinkConditionName, (value: number) => string> = {
  delay: formatTime,
  jitter: formatTime,
  loss: formatPercentage,
  rate: formatBitRate,
  duplicate: formatPercentage,
  reorder: formatPercentage,
  corrupt: formatPercentage,
};

/** Formats a condition as a file has it: `50ms`, `1%`, `none`. */
export function formatConditionValue(key: LinkConditionName, value: number): string {
  return value === 0 ? 'none' : FORMATTERS[key](value);
}

/** A parsed map that may have conditions among its keys. */
export type ParsedLinkConditions = { [Key in LinkConditionName]?: number | undefined };

/** Returns the conditions in a parsed map at `path`; undefined when there are none. */
export function conditionValuesOf(
  map: ParsedLinkConditions | undefined,
  path: DocumentPath,
): ConditionValues | undefined {
  const keys = LINK_CONDITION_NAMES.filter((key) => map?.[key] !== undefined);
  if (keys.length === 0) return undefined;
  return Object.fromEntries(keys.map((key) => [key, { value: map![key]!, path: [...path, key] }]));
}

/** Merges two sets of conditions; the special ones win, key by key. */
export function overrideConditions(
  general: ConditionValues | undefined,
  special: ConditionValues | undefined,
): ConditionValues | undefined {
  return general === undefined || special === undefined ? (special ?? general) : { ...general, ...special };
}

/** Returns the conditions in force, without those that are 0; undefined when none is left. Reports combinations that cannot work. */
export function resolveLinkConditions(
  context: ParseContext,
  values: ConditionValues,
  from: string,
  to: string,
): LinkConditions | undefined {
  const { delay, jitter, reorder } = values;
  const direction = `from ${quote(from)} to ${quote(to)}`;
  for (const [key, condition] of Object.entries({ jitter, reorder })) {
    if (condition === undefined || condition.value === 0 || (delay && delay.value > 0)) continue;
    context.report(condition.path, `expected a delay beside ${key}, got none ${direction}`, {
      hint: key === 'jitter' ? 'jitter is how much a delay varies' : 'packets overtake others by skipping the delay',
    });
  }
  if (jitter && delay && delay.value > 0 && jitter.value > delay.value) {
    const most = `the delay ${direction}, ${formatTime(delay.value)} (${context.formatLocation(delay.path)})`;
    context.report(jitter.path, `expected a jitter of at most ${most}, got ${formatTime(jitter.value)}`);
  }
  const conditions = Object.fromEntries(
    LINK_CONDITION_NAMES.flatMap((key) => (values[key] && values[key].value > 0 ? [[key, values[key].value]] : [])),
  );
  return Object.keys(conditions).length === 0 ? undefined : conditions;
}
