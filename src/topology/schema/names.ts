import { z } from 'zod';
import { MAX_NAME_LENGTH, NAME_PATTERN, NAME_PREFIX_PATTERN } from '../model/limits.ts';

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
export const NamesSchema = z.union([z.string(), z.array(z.string()).min(1)]).meta({
  expected: 'a name or a list of names',
  description: 'Names of nodes or groups.',
});
