import { z } from 'zod';
import { truncate } from '../../shared/text.ts';

/** Longest excerpt of a value in a message, in UTF-16 units. */
const MAX_QUOTED_LENGTH = 60;

/** True for a map in the sense of YAML and JSON. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Describes a value for the end of "expected …, got …". */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty map' : 'a map';
  return String(value);
}

/** Returns the hint for a value that another type than the expected one was read as: `3000` for "3000", or the reverse. */
export function suggestQuotes(schema: z.ZodType, value: unknown, written: string | undefined): string | undefined {
  const accepts = (other: unknown) => schema.safeParse(other).success;
  if (typeof value === 'string') {
    const unquoted = JSON_SCALAR_PATTERN.test(value) ? JSON.parse(value) : undefined;
    return unquoted !== undefined && accepts(unquoted) ? `write it without quotes: ${value}` : undefined;
  }
  if (typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  // A schema of any text, see textSchema, says nothing of whether this one is right.
  if (accepts('\0')) return undefined;
  const text = written ?? String(value);
  return accepts(text) ? `put it in quotes: "${text}"` : undefined;
}

/** A number or truth value that JSON and YAML read alike. */
const JSON_SCALAR_PATTERN = /^(true|false|-?(0|[1-9]\d*)(\.\d+)?)$/;

/** Puts text between quotes, shortened, with control and format characters escaped. */
export function quote(text: string): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(truncate(text, MAX_QUOTED_LENGTH)).replace(/[\p{Cc}\p{Cf}]/gu, escaped);
}

/** Returns a hint at texts that were probably meant; undefined when there are none. */
export function quoteAlternatives(meant: readonly string[]): string | undefined {
  return meant.length === 0 ? undefined : `did you mean ${meant.map((one) => JSON.stringify(one)).join(' or ')}?`;
}

/** A part of a schema, and what its diagnostics say. */
interface SchemaPart {
  schema: z.ZodType;
  /** The same with all its limits and transformations, which `schema` may lack. */
  whole: z.ZodType;
  /** Completes "expected …". */
  expected: string;
  /** Returns what was probably meant. */
  suggest: (value: unknown) => string[];
  /** Returns a whole hint. */
  explain: (value: unknown) => string | undefined;
}

/**
 * Follows a path through a schema as far as it does not depend on the value. Returns the schema there, with the `expected`,
 * `suggest` and `explain` of the innermost schema that has them.
 */
export function schemaAt(schema: z.ZodType, path: readonly (string | number)[]): SchemaPart {
  let at = schema;
  let whole = schema;
  let expected = 'something else';
  let suggest: SchemaPart['suggest'] = () => [];
  let explain: SchemaPart['explain'] = () => undefined;
  const enter = () => {
    whole = at;
    for (;;) {
      const own = at.meta();
      if (typeof own?.expected === 'string') expected = own.expected;
      if (typeof own?.suggest === 'function') suggest = own.suggest as typeof suggest;
      if (typeof own?.explain === 'function') explain = own.explain as typeof explain;
      if (at instanceof z.ZodOptional) at = at.unwrap() as z.ZodType;
      else if (at instanceof z.ZodPipe) at = at.in as z.ZodType;
      else return;
    }
  };
  enter();
  for (const step of path) {
    if (at instanceof z.ZodObject && Object.hasOwn(at.shape, step)) at = at.shape[step] as z.ZodType;
    else if (at instanceof z.ZodRecord) at = at.valueType as z.ZodType;
    else if (at instanceof z.ZodArray) at = at.element as z.ZodType;
    else break;
    enter();
  }
  return { schema: at, whole, expected, suggest, explain };
}

/** Returns the value at a path; undefined when there is none. */
export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

/** Turns any text into the nearest valid name, such as `small-world` for `Small World`; empty when nothing is left. */
export function toValidName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
