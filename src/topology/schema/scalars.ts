import { z } from 'zod';
import { scalarText } from '../../shared/text.ts';
import { MAX_NAME_LENGTH, NAME_PATTERN, NAME_PREFIX_PATTERN } from '../model/limits.ts';

/** Text that an operating system can pass to a program, and that can be a name. */
export const textSchema = z.string().refine((value) => !value.includes('\0'));

/** An optional key that is true or false. */
export function booleanSchema(description: string, defaultValue: boolean) {
  return z
    .boolean()
    .meta({ expected: 'true or false', suggest: suggestBooleans, description, default: defaultValue })
    .optional();
}

/** Suggests what YAML 1.1 read from `yes`, `off` and the like, which YAML 1.2 reads as text. */
export function suggestBooleans(value: unknown): string[] {
  const word = scalarText(value).toLowerCase();
  if (['yes', 'y', 'on', '1', 'true'].includes(word)) return ['true'];
  return ['no', 'n', 'off', '0', 'false'].includes(word) ? ['false'] : [];
}

/** A whole number from `min` to `max`. */
export function integerSchema(description: string, min: number, max = Number.POSITIVE_INFINITY) {
  const range = max === Number.POSITIVE_INFINITY ? `, at least ${min}` : ` from ${min} to ${max}`;
  const schema = Number.isFinite(max) ? z.int().min(min).max(max) : z.int().min(min);
  return schema.meta({ expected: `a whole number${range}`, description });
}

const nameSchema = z.string().regex(NAME_PATTERN).max(MAX_NAME_LENGTH);
const EXPECTED_NAME = `a name of lower-case letters, digits and inner hyphens, at most ${MAX_NAME_LENGTH} characters`;

export const DevnetNameSchema = nameSchema.meta({
  expected: EXPECTED_NAME,
  description: "Name of the network. Default: the file's name without its ending.",
});

export const NodeNameSchema = nameSchema.meta({ expected: EXPECTED_NAME, description: 'Name of a node.' });

/** Prefix of numbered names. */
export const NamePrefixSchema = z
  .string()
  .regex(NAME_PREFIX_PATTERN)
  .max(MAX_NAME_LENGTH - 1)
  .meta({
    expected: 'a prefix of lower-case letters, digits and hyphens',
    description: 'Start of each name: prefix n gives n1, n2, n3 …',
    default: 'n',
  });

/** Names of nodes or groups: the ends of links, or the nodes of a shape. */
export const NamesSchema = z.union([textSchema, z.array(textSchema).min(1)]).meta({
  expected: 'a name or a list of names',
  description: 'Names of nodes or groups.',
});
