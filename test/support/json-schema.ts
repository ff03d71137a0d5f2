import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from './paths.ts';

type Json = Parameters<typeof z.fromJSONSchema>[0];

/** Reads devnet/NAME.schema.json, as editors do. */
export function readCommittedSchema(name: string): Json {
  return JSON.parse(readFileSync(join(root, `devnet/${name}.schema.json`), 'utf8'));
}

/** Returns whether a JSON Schema accepts a value. */
export function schemaAccepts(schema: Json): (value: unknown) => boolean {
  const validator = z.fromJSONSchema(schema);
  return (value) => validator.safeParse(value).success;
}

/** Lists the keys that a JSON Schema gives no description. */
export function keysWithoutDescription(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {} } = schema as { properties?: Record<string, { description?: string; $ref?: string }> };
  const own = Object.entries(properties).filter(([, { description, $ref }]) => !description && !$ref);
  const inner = Object.entries(schema).flatMap(([key, value]) => keysWithoutDescription(value, `${path}.${key}`));
  return [...own.map(([key]) => `${path}.${key}`), ...inner];
}

/** Returns one copy of the value for each map in it, with the key added to that map. */
export function withKey(value: unknown, key: string): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item, at) => withKey(item, key).map((one) => value.with(at, one)));
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([at, one]) =>
    withKey(one, key).map((made) => ({ ...value, [at]: made })),
  );
  return [{ ...value, [key]: 1 }, ...inner];
}
