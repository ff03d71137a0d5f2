import { z } from 'zod';

/** An optional key that is true or false. */
export function booleanSchema(description: string, defaultValue: boolean) {
  return z.boolean().meta({ expected: 'true or false', description, default: defaultValue }).optional();
}

/** A whole number from `min` to `max`. */
export function integerSchema(description: string, min: number, max = Number.POSITIVE_INFINITY) {
  const range = max === Number.POSITIVE_INFINITY ? `, at least ${min}` : ` from ${min} to ${max}`;
  const schema = Number.isFinite(max) ? z.int().min(min).max(max) : z.int().min(min);
  return schema.meta({ expected: `a whole number${range}`, description });
}
