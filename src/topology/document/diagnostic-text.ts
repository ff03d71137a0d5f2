import { z } from 'zod';
import { truncate } from '../../shared/text.ts';

/** Longest stretch of a value that a message repeats. */
const MAX_QUOTED_LENGTH = 60;

/** A map as YAML and JSON have it. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What was found, for the end of "expected …, got …". */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty map' : 'a map';
  return String(value);
}

/** Text between quotes, shortened, with everything unprintable escaped. */
export function quote(text: string): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(truncate(text, MAX_QUOTED_LENGTH)).replace(/[\p{Cc}\p{Cf}]/gu, escaped);
}

/**
 * Follows a path through a schema as far as it is the same for every value, and says what is expected there: the
 * `expected` of the innermost schema that has one, and what it takes something else to have been meant for.
 */
export function schemaAt(
  schema: z.ZodType,
  path: readonly (string | number)[],
): { schema: z.ZodType; expected: string; likely: (value: unknown) => string[] } {
  let at = schema;
  let expected = 'something else';
  let likely: (value: unknown) => string[] = () => [];
  const settle = () => {
    for (;;) {
      const own = at.meta();
      if (typeof own?.expected === 'string') expected = own.expected;
      if (typeof own?.likely === 'function') likely = own.likely as typeof likely;
      if (at instanceof z.ZodOptional) at = at.unwrap() as z.ZodType;
      else if (at instanceof z.ZodPipe) at = at.in as z.ZodType;
      else return;
    }
  };
  settle();
  for (const step of path) {
    if (at instanceof z.ZodObject && Object.hasOwn(at.shape, step)) at = at.shape[step] as z.ZodType;
    else if (at instanceof z.ZodRecord) at = at.valueType as z.ZodType;
    else if (at instanceof z.ZodArray) at = at.element as z.ZodType;
    else break;
    settle();
  }
  return { schema: at, expected, likely };
}

export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

/** The valid name that comes nearest to an invalid one. */
export function toValidName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
